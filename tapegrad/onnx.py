"""ONNX files: tapegrad writes none. Programs import the name for an option."""

from tapegrad._absent import refusal

export = refusal(RuntimeError, "tapegrad writes no ONNX files")

__all__ = ["export"]
