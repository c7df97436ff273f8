"""Python's ``multiprocessing``, under the name that programs import it by.

Tensors travel between processes as copies, whatever strategy is set.
"""

from __future__ import annotations

import multiprocessing
from typing import Any


def get_all_sharing_strategies() -> set[str]:
    """The strategies by which PyTorch shares memory."""
    return {"file_descriptor", "file_system"}


_strategy = "file_descriptor"


def get_sharing_strategy() -> str:
    """What :func:`set_sharing_strategy` was given."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Note a strategy. Raises AssertionError for one that there is not."""
    global _strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(
            f"invalid sharing strategy {new_strategy!r}, expected one of "
            f"{get_all_sharing_strategies()}"
        )
    _strategy = new_strategy


def __getattr__(name: str) -> Any:
    return getattr(multiprocessing, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(multiprocessing)})


__all__ = [
    *multiprocessing.__all__, "get_all_sharing_strategies", "get_sharing_strategy",
    "set_sharing_strategy",
]  # fmt: skip
