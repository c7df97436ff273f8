"""Comparisons and logic: results without gradient."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import alias, method, op
from tapegrad.ops.arithmetic.sums import is_bool
from tapegrad.ops.pointwise import isfinite
from tapegrad.ops.tensor_types import type_name


def _comparison(name: str, kernel: np.ufunc, doc: str, n_tensors: int = 1):
    return op(name, kernel=kernel, n_tensors=n_tensors, method=True, inplace=True, doc=doc)


eq = _comparison("eq", np.equal, "Where both are equal.")
ne = _comparison("ne", np.not_equal, "Where both differ.")
lt = _comparison("lt", np.less, "Where input < other.")
le = _comparison("le", np.less_equal, "Where input <= other.")
gt = _comparison("gt", np.greater, "Where input > other.")
ge = _comparison("ge", np.greater_equal, "Where input >= other.")
logical_and = _comparison("logical_and", np.logical_and, "Where both are true.", n_tensors=2)
logical_or = _comparison("logical_or", np.logical_or, "Where either is true.", n_tensors=2)
logical_xor = _comparison("logical_xor", np.logical_xor, "Where just one is true.", n_tensors=2)
logical_not = op(
    "logical_not", kernel=np.logical_not, method=True, inplace=True, doc="Where not true."
)

less, less_equal, greater, greater_equal, not_equal = map(
    alias, ("less", "less_equal", "greater", "greater_equal", "not_equal"), (lt, le, gt, ge, ne)
)


@method()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.shape == other.shape and bool((input == other).all())


@method()
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Where ``|input - other| <= atol + rtol * |other|``; infinities are close to themselves.

    Raises RuntimeError for tensors of different dtypes and for negative tolerances.
    """
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{type_name(input)} did not match {type_name(other)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(
                f"{name} must be greater than or equal to zero, but got {tolerance:g}"
            )
    close = input == other
    if equal_nan:
        close = close | ((input != input) & (other != other))
    if rtol == 0 and atol == 0:
        return close
    if not other.is_floating_point():
        other = other.to(get_default_dtype())
        input = input.long() if is_bool(input) else input
    error = (input - other).abs()
    return close | (isfinite(error) & (error <= (other * rtol).abs() + atol))


@method()
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether :func:`isclose` holds everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "le", "less",
    "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne",
    "not_equal",
]  # fmt: skip
