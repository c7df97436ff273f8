"""Progress bars: batches done, rate, time left, and the loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def progress_bar(
    loader: Iterable[Any], label: str, *, done: int = 0, leave: bool = True, is_shown: bool = True
) -> tqdm:
    """A bar over the batches of a loader, of which some may be done; a stream's has no end."""
    return tqdm(
        total=_length(loader), initial=done, desc=label, unit="batch", leave=leave,
        disable=not is_shown, dynamic_ncols=True,
    )  # fmt: skip


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:
        return None


__all__ = ["progress_bar"]
