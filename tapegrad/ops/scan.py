"""Running sums, products and extremes along one dimension."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad._limits import finfo
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._arguments import converted
from tapegrad.ops._declare import attach, method, op, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops._places import scatter_back
from tapegrad.ops._results import named_result
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.shape import cat, narrow

# ------------------------------------------------------------------------- running a kernel


def _rows(array: np.ndarray, dim: int, is_reversed: bool) -> np.ndarray:
    """A view whose rows lie along ``dim``, from the end if reversed."""
    rows = kernels.rows_along(array, dim)
    return rows[..., ::-1] if is_reversed else rows


def _scan(name: str):
    """A forward function that runs a kernel along a dimension, from the end if reversed."""

    def scan(input: np.ndarray, dim, is_reversed=False) -> np.ndarray:
        if input.dtype.kind == "f" and input.size and input.ndim and not is_reversed:
            return kernels.along(OURS[name], input, dim)
        wide = input if input.dtype.kind == "f" else kernels.cast_array(input, np.int64)
        result = kernels.empty(wide.shape, wide.dtype)
        if input.size:
            OURS[name](_rows(wide, dim, is_reversed), _rows(result, dim, is_reversed))
        return result if wide is input else kernels.cast_array(result, input.dtype)

    return scan


# ------------------------------------------------------------------------- sums and products

cumsum_op = op(
    "cumsum",
    forward=_scan("cumsum"),
    input=lambda g, dim, is_reversed: cumsum_op(g, dim, not is_reversed),
    doc="Sums of the elements up to each one.",
)
cumprod_op = op(
    "cumprod",
    forward=_scan("cumprod"),
    input=lambda g, input, out, dim, is_reversed: _cumprod_slope(
        g, input, out, dim, is_reversed
    ),
    doc="Products of the elements up to each one.",
)


def _cumprod_slope(g, input, out, dim, is_reversed):
    """``sum over k from i of g[k] * out[k] / x[i]``, with care where an x[i] is zero."""
    is_zero = input.detach() == 0
    if not bool(is_zero.any()):
        return cumsum_op(g * out, dim, not is_reversed) / input
    if is_grad_enabled():
        return _cumprod_slope_by_parts(g, input, dim, is_reversed)
    n_zeros = cumsum_op(is_zero.to(_types.int64), dim, is_reversed)
    is_first = is_zero & (n_zeros == 1)
    before = cumsum_op(g * out, dim, not is_reversed) / input
    others = cumprod_op(where_op(is_first, 1.0, input), dim, is_reversed)
    at_first = cumsum_op(g * others, dim, not is_reversed)
    return where_op(is_first, at_first, where_op(n_zeros == 0, before, 0.0))


def _cumprod_slope_by_parts(g, input, dim, is_reversed):
    """The same by a step for each place, differentiable wherever the zeros are."""
    n = input.shape[dim] if input.ndim else 1
    if input.ndim == 0:
        return g
    before = shifted_cumprod(input, dim, is_reversed)
    slopes = []
    for place in range(n):
        start, length = (0, place) if is_reversed else (place + 1, n - place - 1)
        own = narrow(g, dim, place, 1)
        if length:
            following = cumprod_op(narrow(input, dim, start, length), dim, is_reversed)
            own = own + (narrow(g, dim, start, length) * following).sum(dim, keepdim=True)
        slopes.append(own * narrow(before, dim, place, 1))
    return cat(slopes, dim)


def shifted_cumprod(input: Tensor, dim: int, is_reversed: bool) -> Tensor:
    """For each element the product of those before it along ``dim``; after it if reversed."""
    if input.ndim == 0:
        return input.new_ones(())
    n = input.shape[dim]
    if n == 0:
        return input
    kept = narrow(input, dim, 1 if is_reversed else 0, n - 1)
    one = input.new_ones([1 if k == dim else size for k, size in enumerate(input.shape)])
    products = cumprod_op(kept, dim, is_reversed)
    return cat([products, one] if is_reversed else [one, products], dim)


def _accumulation(operation):
    """A scan as a function and as a method, with its in-place form."""
    name = operation.name

    def scan(input: Tensor, dim: int, *, dtype=None) -> Tensor:
        dim = normal_dim(dim, input.ndim)
        dtype = None if dtype is None else _types.as_dtype(dtype, name)
        if dtype is _types.bool and input.ndim and input.numel():
            raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for 'Bool'")
        if dtype is not None:
            input = converted(input, dtype)
        if input.is_floating_point():
            return operation(input, dim, False)
        total = operation(input.to(_types.int64), dim, False)
        return total if dtype is None else total.to(dtype)

    def scan_(self: Tensor, dim: int, *, dtype=None) -> Tensor:
        dim = normal_dim(dim, self.ndim)
        dtype = None if dtype is None else _types.as_dtype(dtype, name)
        if dtype is not None and dtype is not self.dtype:
            raise RuntimeError(
                "Bad in-place call: input tensor dtype "
                f"{_C_NAMES[self.dtype.name]} and output tensor dtype {_C_NAMES[dtype.name]} "
                "should match"
            )
        if self.dtype is _types.bool:
            raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for 'Bool'")
        return written(self, dim, False)

    written = InplaceOp(operation)
    scan.__name__ = scan.__qualname__ = name
    scan_.__name__ = scan_.__qualname__ = f"{name}_"
    scan.__doc__ = f"{operation.__doc__} Integers give int64; ``dtype`` converts them first."
    scan_.__doc__ = f"In-place form of :func:`{name}`."
    attach(name, scan)
    attach(f"{name}_", scan_)
    return scan


_C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int",
    "int32": "int", "int64": "long int", "float16": "c10::Half", "float32": "float",
    "float64": "double",
}  # fmt: skip
cumsum, cumprod = map(takes_out("dtype"), (_accumulation(cumsum_op), _accumulation(cumprod_op)))

# ------------------------------------------------------------------------- extremes

cummax_result = named_result("cummax", "values", "indices")
cummin_result = named_result("cummin", "values", "indices")


def _scan_extreme(name: str):
    kernel = OURS[name]

    def scan(input: np.ndarray, dim) -> tuple[np.ndarray, np.ndarray]:
        values = kernels.empty(input.shape, input.dtype)
        indices = kernels.empty(input.shape, np.int64)
        if input.size:
            rows = kernels.rows_along
            kernel(rows(input, dim), rows(values, dim), rows(indices, dim))
        return values, indices

    return scan


def _extreme_so_far(name: str, result):
    operation = op(
        name,
        forward=_scan_extreme(name),
        outputs=("values", "indices"),
        input=lambda g, input_shape, dim, indices: scatter_back(g, input_shape, dim, indices),
        doc=f"The {name[3:]}imum of the elements up to each one, and where it is.",
    )

    def extreme(input: Tensor, dim: int):
        try:
            dim = normal_dim(dim, input.ndim)
        except IndexError:
            if not input.ndim:
                raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got "
                                 f"{dim}") from None
            if input.numel():
                raise
            dim = 0     # PyTorch looks for no dimension of what is empty
        return result.of(operation(input, dim))

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = f"{operation.__doc__} NaN wins; of equals the last is named."
    attach(name, extreme)
    return extreme


_OF_SAME_TYPE = "expected scalar_type {result} but found {out}"
cummax = takes_out(_OF_SAME_TYPE)(_extreme_so_far("cummax", cummax_result))
cummin = takes_out(_OF_SAME_TYPE)(_extreme_so_far("cummin", cummin_result))

# ------------------------------------------------------------------------- log-sum-exp

logcumsumexp_op = op(
    "logcumsumexp",
    forward=_scan("logcumsumexp"),
    input=lambda g, input, out, dim, is_reversed: (
        _log_scan_slope(g, input, out, dim, is_reversed)
        - _log_scan_slope(-g, input, out, dim, is_reversed)
    ),
    doc="Logarithms of the sums of exponentials up to each element.",
)


def _log_scan_slope(g, input, out, dim, is_reversed):
    """What the positive part of ``g`` adds: in logarithms, so that nothing overflows."""
    is_positive = g > 0
    lowest = finfo(g.dtype).min  # infinity would leave NaN in a difference
    logs = where_op(is_positive, where_op(is_positive, g, 1.0).log(), lowest)
    totals = logcumsumexp_op(logs - out, dim, not is_reversed)
    return (totals + input).exp()


@takes_out(_OF_SAME_TYPE)
@method()
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """``log(cumsum(exp(x)))`` along a dimension, without overflow. For floating-point dtypes."""
    dim = normal_dim(dim, input.ndim)
    if not input.is_floating_point():
        raise NotImplementedError(
            "\"logcumsumexp_out_cpu\" not implemented for "
            f"'{TYPE_NAMES[input.dtype.numpy.num]}'"
        )
    return logcumsumexp_op(input, dim, False)


__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]
