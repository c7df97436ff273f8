"""Comparisons and logic: results without gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, Kernel, numpy_kernel
from tapegrad._tensor import Tensor, _set_grad_enabled, get_default_dtype, is_grad_enabled
from tapegrad.ops._declare import alias, attach, method, op
from tapegrad.ops._dims import agree_beside
from tapegrad.ops.arithmetic.sums import is_bool
from tapegrad.ops.create import zeros_like
from tapegrad.ops.pointwise import isfinite
from tapegrad.ops.tensor_types import type_name


def _comparison(name: str, kernel: np.ufunc, doc: str):
    """Declare one that, in place, may write into floats: these have zero gradients."""
    declared = op(name, kernel=kernel, n_tensors=1, method=True, doc=doc)
    grad_name = f"{name.capitalize()}Backward"
    by_tensor = InplaceOp(op(f"{name}_", kernel=kernel, n_tensors=1, grad_name=f"{grad_name}1",
                             doc=doc, input=_zeros, other=_zeros))  # fmt: skip
    by_number = InplaceOp(op(f"{name}_number_", kernel=kernel, grad_name=f"{grad_name}0", doc=doc,
                             params=("input", "other"), input=_zeros))  # fmt: skip

    def written(self: Tensor, other) -> Tensor:
        return (by_tensor if isinstance(other, Tensor) else by_number)(self, other)

    written.__name__, written.__doc__ = f"{name}_", by_tensor.__doc__
    attach(f"{name}_", written)
    return declared


def _zeros(g: Tensor) -> Tensor:
    return zeros_like(g)


def _logic(name: str, kernel: np.ufunc | Kernel, doc: str):
    """Declare one that leaves no trace on the tape, as in PyTorch, not even in place."""
    kernel = numpy_kernel(kernel)
    declared = op(name, kernel=kernel, n_tensors=kernel.n_in, method=True, doc=doc)
    writes = InplaceOp(declared)

    def of_one(self: Tensor) -> Tensor:
        return _unrecorded(writes, self)

    def of_two(self: Tensor, other: Tensor) -> Tensor:
        return _unrecorded(writes, self, other)

    written = of_one if kernel.n_in == 1 else of_two
    written.__name__, written.__doc__ = f"{name}_", writes.__doc__
    attach(f"{name}_", written)
    return declared


def _unrecorded(function: Callable[..., Tensor], *args: Tensor) -> Tensor:
    records = is_grad_enabled()
    _set_grad_enabled(False)
    try:
        return function(*args)
    finally:
        _set_grad_enabled(records)


eq = _comparison("eq", np.equal, "Where both are equal.")
ne = _comparison("ne", np.not_equal, "Where both differ.")
lt = _comparison("lt", np.less, "Where input < other.")
le = _comparison("le", np.less_equal, "Where input <= other.")
gt = _comparison("gt", np.greater, "Where input > other.")
ge = _comparison("ge", np.greater_equal, "Where input >= other.")
logical_and = _logic("logical_and", np.logical_and, "Where both are true.")
logical_or = _logic("logical_or", np.logical_or, "Where either is true.")
logical_xor = _logic("logical_xor", np.logical_xor, "Where just one is true.")
logical_not = _logic(
    "logical_not", Kernel.from_ufunc(np.logical_not, ours=OURS["logical_not"]), "Where not true."
)

less, less_equal, greater, greater_equal, not_equal = map(
    alias, ("less", "less_equal", "greater", "greater_equal", "not_equal"), (lt, le, gt, ge, ne)
)


@method()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    if not agree_beside(input, other, -1):
        return False
    if input.dtype is other.dtype:
        return kernels.all_equal(input._array, other._array)
    return bool((input == other).all())


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
