"""oneDNN: tapegrad does not use it. Its switches can be set, for programs that set them anyway."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tapegrad._absent import answer

is_available = answer(False)

enabled = True
deterministic = False
allow_tf32 = True
fp32_precision = "none"

_SWITCHES = ("enabled", "deterministic", "allow_tf32", "fp32_precision")


def set_flags(
    _enabled: bool | None = None, _deterministic: bool | None = None,
    _allow_tf32: bool | None = None, _fp32_precision: str | None = "none",
) -> tuple[bool, bool, bool, str]:  # fmt: skip
    """Set those switches that are not None; gives all of them as they were."""
    switches = globals()
    before = tuple(switches[name] for name in _SWITCHES)
    given = (_enabled, _deterministic, _allow_tf32, _fp32_precision)
    for name, value in zip(_SWITCHES, given, strict=True):
        if value is not None:
            switches[name] = value
    return before


@contextlib.contextmanager
def flags(
    enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True,
    fp32_precision: str = "none",
) -> Iterator[None]:  # fmt: skip
    """Set the switches for the length of a block."""
    before = set_flags(enabled, deterministic, allow_tf32, fp32_precision)
    try:
        yield
    finally:
        set_flags(*before)


__all__ = [
    "allow_tf32", "deterministic", "enabled", "flags", "fp32_precision", "is_available",
    "set_flags",
]  # fmt: skip
