"""cuDNN: not there. Its switches can be set, for programs that set them in any case."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tapegrad._absent import answer

enabled = True
benchmark = False
benchmark_limit: int | None = None
deterministic = False
allow_tf32 = True
fp32_precision = "none"

is_available = answer(False)
is_acceptable = answer(False)
version = answer(None)

_SWITCHES = ("enabled", "benchmark", "benchmark_limit", "deterministic", "allow_tf32")


@contextlib.contextmanager
def flags(
    enabled: bool = False, benchmark: bool = False, benchmark_limit: int = 10,
    deterministic: bool = False, allow_tf32: bool = True, fp32_precision: str = "none",
) -> Iterator[None]:  # fmt: skip
    """Set the switches for the length of a block."""
    switches = globals()
    before = {name: switches[name] for name in _SWITCHES}
    given = (enabled, benchmark, benchmark_limit, deterministic, allow_tf32)
    switches.update(zip(_SWITCHES, given, strict=True))
    try:
        yield
    finally:
        switches.update(before)


__all__ = [
    "allow_tf32", "benchmark", "benchmark_limit", "deterministic", "enabled", "flags",
    "fp32_precision", "is_acceptable", "is_available", "version",
]  # fmt: skip
