"""The package ``opt_einsum``: ``einsum`` contracts from left to right and does not use it."""

from tapegrad._absent import answer

enabled = False
strategy: str | None = None
is_available = answer(False)

__all__ = ["enabled", "is_available", "strategy"]
