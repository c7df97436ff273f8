"""The version of PyTorch that tapegrad follows, and what it is built for."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

_Key: TypeAlias = tuple[tuple[int, ...], bool, str]


class TorchVersion(str):
    """A version as a string that compares by its numbers, so that ``"2.13.0" > "2.9"``.

    Compares with versions as strings, as sequences of numbers and as anything that prints as a
    version; where the other is no version, as strings do. A pre-release (``2.13.0rc1``) is older
    than its release, a local part (``+cpu``) newer than none.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def _compared(self, other: Any, compare: Callable[[Any, Any], bool]) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, str):
            other = ".".join(map(str, other))
        mine, theirs = _key(self), _key(str(other))
        if mine is None or theirs is None or isinstance(other, (int, float)):
            return compare(str(self), other)
        return compare(mine, theirs)

    def __eq__(self, other: object) -> bool:
        return self._compared(other, operator.eq)

    def __ne__(self, other: object) -> bool:
        return self._compared(other, operator.ne)

    def __lt__(self, other: Any) -> bool:
        return self._compared(other, operator.lt)

    def __le__(self, other: Any) -> bool:
        return self._compared(other, operator.le)

    def __gt__(self, other: Any) -> bool:
        return self._compared(other, operator.gt)

    def __ge__(self, other: Any) -> bool:
        return self._compared(other, operator.ge)


def _key(version: str) -> _Key | None:
    """What versions are ordered by: numbers without trailing zeros, being released, local part."""
    parsed = re.fullmatch(r"v?(\d+(?:\.\d+)*)(\.?(?:a|b|rc|dev)\w*)?(?:\+([\w.]+))?", version)
    if parsed is None:
        return None
    numbers, early, local = parsed.groups()
    without_zeros = re.sub(r"(\.0+)+$", "", numbers)
    return tuple(map(int, without_zeros.split("."))), early is None, local or ""


__version__ = "2.13.0+cpu"
debug = False
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
git_version = ""

__all__ = ["TorchVersion", "__version__", "cuda", "debug", "git_version", "hip", "rocm", "xpu"]
