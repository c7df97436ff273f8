"""Quantised arithmetic: there is none."""

engine = "none"
supported_engines: list[str] = ["none"]

__all__ = ["engine", "supported_engines"]
