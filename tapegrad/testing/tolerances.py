"""How close numbers must be, by their dtype."""

from __future__ import annotations

from tapegrad import _types
from tapegrad._types import dtype

# (relative, absolute); those of other dtypes are zero
_CLOSE = {
    _types.float16: (1e-3, 1e-5),
    _types.bfloat16: (1.6e-2, 1e-5),
    _types.float32: (1.3e-6, 1e-5),
    _types.float64: (1e-7, 1e-7),
    _types.complex32: (1e-3, 1e-5),
    _types.complex64: (1.3e-6, 1e-5),
    _types.complex128: (1e-7, 1e-7),
}
_ALL_CLOSE = {
    _types.float16: (1e-3, 1e-3),
    _types.float32: (1e-4, 1e-5),
    _types.float64: (1e-5, 1e-8),
}
DTYPE_OF = {int: _types.int64, float: _types.float64, complex: _types.complex128}


def default_tolerances(
    *dtypes: dtype, table: dict[dtype, tuple[float, float]] = _CLOSE
) -> tuple[float, float]:
    """The relative and the absolute tolerance, each the largest of several dtypes'."""
    relative, absolute = zip(*(table.get(one, (0.0, 0.0)) for one in dtypes), strict=True)
    return max(relative), max(absolute)


def old_tolerances(*dtypes: dtype) -> tuple[float, float]:
    """The same as `assert_allclose` has them."""
    return default_tolerances(*dtypes, table=_ALL_CLOSE)


__all__ = ["DTYPE_OF", "default_tolerances", "old_tolerances"]
