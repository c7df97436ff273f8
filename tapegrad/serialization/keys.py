"""Keys of dicts and sets that a file made up."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Any

_MOST_PARTS = 1000


def check_key(key: Any) -> Any:
    """Refuse keys whose hash would not end: tuples nested too deep, or sharing parts too often."""
    pending, seen = [key], 0
    while pending:
        one = pending.pop()
        seen += 1
        if seen > _MOST_PARTS:
            raise UnpicklingError("a key of a dict or set is nested too deep")
        if isinstance(one, tuple):
            pending.extend(one[:_MOST_PARTS])
    return key
