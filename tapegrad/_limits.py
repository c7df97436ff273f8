"""The limits of a dtype's numbers: :class:`finfo` and :class:`iinfo`."""

from __future__ import annotations

import builtins
from functools import cache
from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._types import dtype, float32
from tapegrad._values import ReadOnly, constructor

_WIDE_UNSIGNED = ("uint16", "uint32", "uint64")


def _described(bits: int, largest: float, eps: float, smallest: float, resolution: float) -> dict:
    return {"bits": bits, "max": largest, "min": -largest, "eps": eps, "tiny": smallest,
            "smallest_normal": smallest, "resolution": resolution}  # fmt: skip


# Of the dtypes that NumPy does not have.
_OF_OTHERS = {
    "bfloat16": _described(16, 3.3895313892515355e38, 2.0**-7, 2.0**-126, 0.01),
    "float8_e4m3fn": _described(8, 448.0, 2.0**-3, 2.0**-6, 1.0),
    "float8_e4m3fnuz": _described(8, 240.0, 2.0**-3, 2.0**-7, 1.0),
    "float8_e5m2": _described(8, 57344.0, 2.0**-2, 2.0**-14, 1.0),
    "float8_e5m2fnuz": _described(8, 57344.0, 2.0**-3, 2.0**-15, 1.0),
}


class _Limits(ReadOnly):
    """What :class:`finfo` and :class:`iinfo` share: they are equal for the same dtype."""

    # Equal by value and therefore without a hash, as in PyTorch; typeshed wants a method here.
    __hash__ = None  # type: ignore[assignment]
    dtype: str

    def __reduce__(self) -> tuple:
        raise TypeError(f"cannot pickle 'torch.{type(self).__name__}' object")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.dtype == other.dtype


def _dtype_of(type: Any) -> dtype:
    given = _types.PYTHON_TYPES.get(type) if isinstance(type, builtins.type) else type
    if not isinstance(given, dtype):
        raise TypeError(f"{type!r} is no dtype")
    return given


@cache
def _limits_of(type: dtype) -> dict[str, float]:
    if type.name in _OF_OTHERS:
        return _OF_OTHERS[type.name]
    limits = np.finfo(type.numpy)
    smallest = float(limits.smallest_normal)
    return {
        "bits": type.itemsize * 8, "max": float(limits.max), "min": float(limits.min),
        "eps": float(limits.eps), "tiny": smallest, "smallest_normal": smallest,
        "resolution": 10.0**-limits.precision,
    }  # fmt: skip


class finfo(_Limits):
    """Limits of a floating-point dtype: ``bits eps max min tiny smallest_normal resolution``."""

    __module__ = "torch"

    bits: int
    eps: float
    max: float
    min: float
    tiny: float
    smallest_normal: float
    resolution: float

    @constructor
    def __init__(self, type: dtype = float32) -> None:
        type = _dtype_of(type).to_real()
        if not type.is_floating_point:
            raise TypeError(
                "torch.finfo() requires a floating point input type. "
                "Use torch.iinfo to handle 'torch.finfo'"
            )
        vars(self).update(dtype=type.name, **_limits_of(type))

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, "
            f"tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo(_Limits):
    """Limits of an integer dtype: ``bits max min``."""

    __module__ = "torch"

    bits: int
    max: int
    min: int

    @constructor
    def __init__(self, type: Any) -> None:
        type = _dtype_of(type)
        if type is _types.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.is_floating_point or type.is_complex:
            raise TypeError(
                "torch.iinfo() requires an integer input type. "
                "Use torch.finfo to handle 'torch.iinfo'"
            )
        limits = np.iinfo(type.name if type.name in _WIDE_UNSIGNED else type.numpy)
        self._describe(
            dtype=type.name, bits=limits.bits, max=int(limits.max), min=int(limits.min)
        )

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


__all__ = ["finfo", "iinfo"]
