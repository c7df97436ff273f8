"""Sums, means and products."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import converted
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import count, every_dim_or, normal_dim, sizes_of
from tapegrad.ops.arithmetic import div_op
from tapegrad.ops.pointwise import isnan, where_op
from tapegrad.ops.reduce._dims import restore
from tapegrad.ops.scan import shifted_cumprod
from tapegrad.ops.shape import expand_op

# ------------------------------------------------------------------------- sums


sum_all = op(
    "sum_all",
    forward=kernels.sums,
    params=("input", "dims", "keepdim"),
    defaults=(None, False),
    grad_name="SumBackward0",
    input="expand(g, input_shape)",
    doc="The sum of all elements.",
)
sum_dims = op(
    "sum",
    forward=kernels.sums,
    params=("input", "dims", "keepdim"),
    grad_name="SumBackward1",
    input=lambda g, input_shape, dims, keepdim: restore(g, input_shape, dims, keepdim),
    doc="Sums over dimensions.",
)
nansum_op = op(
    "nansum",
    forward=lambda input, dims, keepdim: kernels.sums(_without_nan(input), dims, keepdim),
    input=lambda g, input, dims, keepdim: where_op(
        isnan(input), 0.0, restore(g, input.shape, dims, keepdim)
    ),
    doc="Sums over dimensions that leave NaN out.",
)


def _without_nan(input: np.ndarray) -> np.ndarray:
    is_nan = kernels.pointwise(_IS_NAN, input)
    return kernels.pointwise(OURS["where"], is_nan, 0, input, dtype=input.dtype)


_IS_NAN = isnan.kernel


def _in_dtype(total: Tensor, dtype) -> Tensor:
    """Integers add up in int64 and are cut down to a narrower dtype afterwards."""
    return total if dtype is None or total.dtype is dtype else total.to(dtype)


def _dim_or_axis(dim, axis, keepdim: bool):
    """The dimensions by either name; ``...`` where there are none, and nothing to keep."""
    if dim is ...:
        dim = axis
    elif axis is not ...:
        raise TypeError("dim and axis are the same")
    if dim is ... and keepdim:
        raise TypeError("nothing to keep without a dimension")
    return dim


@takes_out("dtype", needs=("axis", "dim", "dtype"))
@method()
def sum(input: Tensor, dim=..., keepdim: bool = False, *, axis=..., dtype=None) -> Tensor:
    """Sum of all elements, or over the dimensions ``dim``; integers add up in int64.

    ``dtype`` converts the elements first. Shape: the reduced dimensions go, or stay as 1 with
    ``keepdim``.
    """
    if dtype is not None:
        return _in_dtype(sum(converted(input, dtype), dim, keepdim, axis=axis), dtype)
    dim = _dim_or_axis(dim, axis, keepdim)
    if dim is ...:
        return sum_all(input)
    return sum_dims(input, every_dim_or(input, dim), keepdim)


sum.take_shortcut(sum_all, input=None)


@takes_out('"nansum_cpu" not implemented for {out!r}')
@method()
def nansum(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """Sum of all elements that are not NaN, or over the dimensions ``dim``.

    Integers add up in int64. ``dtype`` converts the elements first.
    """
    if dtype is not None:
        return _in_dtype(nansum(converted(input, dtype), dim, keepdim), dtype)
    if not input.is_floating_point():
        return sum(input, dim, keepdim)
    return nansum_op(input, every_dim_or(input, dim), keepdim)


# ------------------------------------------------------------------------- means

mean_all = op(
    "mean_all",
    forward=kernels.means,
    params=("input", "dims", "keepdim"),
    defaults=(None, False),
    grad_name="MeanBackward0",
    input=lambda g, input_shape: expand_op(div_op(g, count(input_shape, None)), input_shape),
    doc="The mean of all elements.",
)
mean_dims = op(
    "mean",
    forward=kernels.means,
    params=("input", "dims", "keepdim"),
    grad_name="MeanBackward1",
    input=lambda g, input_shape, dims, keepdim: restore(
        div_op(g, count(input_shape, dims)), input_shape, dims, keepdim
    ),
    doc="Means over dimensions.",
)


def _refuse_mean_dtype(whose: str, dtype: _types.dtype) -> None:
    raise RuntimeError(
        f"mean(): could not infer output dtype. {whose} dtype must be either a floating point or "
        f"complex dtype. Got: {kernels.TYPE_NAMES[dtype.numpy.num]}"
    )


@takes_out("cast")
@method()
def mean(input: Tensor, dim=..., keepdim: bool = False, *, axis=..., dtype=None) -> Tensor:
    """Mean of all elements, or over the dimensions ``dim``. Raises RuntimeError for integers."""
    if dtype is not None:
        if not dtype.is_floating_point:
            _refuse_mean_dtype("Optional", dtype)
        input = input.to(dtype)
    if not input.is_floating_point():
        _refuse_mean_dtype("Input", input.dtype)
    dim = _dim_or_axis(dim, axis, keepdim)
    if dim is ...:
        return mean_all(input)
    return mean_dims(input, every_dim_or(input, dim), keepdim)


mean.take_shortcut(mean_all, is_sum=True, input=None)


@takes_out('"nansum_cpu" not implemented for {out!r}', refuses_grad="nansum")
@method()
def nanmean(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """Mean of all elements that are not NaN, or over the dimensions ``dim``.

    Raises RuntimeError for integers.
    """
    if not input.is_floating_point():
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{kernels.TYPE_NAMES[input.dtype.numpy.num]}"
        )
    if dtype is not None and not dtype.is_floating_point:
        raise RuntimeError(
            "nanmean(): could not infer output dtype. Optional dtype must be either a floating "
            f"point or complex dtype. Got: {kernels.TYPE_NAMES[dtype.numpy.num]}"
        )
    n_numbers = sum(~isnan(input.detach()), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / n_numbers


# ------------------------------------------------------------------------- products


def _product_slope(g, input, out, dim):
    """The gradient of a product along ``dim``; ``g`` and ``out`` have that dimension."""
    if not bool((input == 0).any()):
        return g * out / input
    others = shifted_cumprod(input, dim, False) * shifted_cumprod(input, dim, True)
    return g * others


def _whole_product_slope(g, input, out):
    flat = input.reshape(-1)
    return _product_slope(g, flat, out, 0).reshape(input.shape)


prod_dim = op(
    "prod",
    forward=lambda input, dim, keepdim: kernels.reduce(
        OURS["prod"], input, (dim,) if input.ndim else (), keepdim
    ),
    grad_name="ProdBackward1",
    input=lambda g, input, out, dim, keepdim: (
        _product_slope(g, input, out, dim)
        if keepdim or not input.ndim
        else _product_slope(g.unsqueeze(dim), input, out.unsqueeze(dim), dim)
    ),
    doc="Products over a dimension.",
)
prod_all = op(
    "prod_all",
    forward=lambda input: kernels.reduce(OURS["prod"], input, None, False),
    grad_name="ProdBackward0",
    input=lambda g, input, out: _whole_product_slope(g, input, out),
    doc="The product of all elements.",
)


@takes_out("dtype", needs=("dim", "dtype"))
@method()
def prod(input: Tensor, dim=..., keepdim: bool = False, *, dtype=None) -> Tensor:
    """Product of all elements, or over one dimension; integers multiply in int64."""
    if dim is ... and keepdim:
        raise TypeError("nothing to keep without a dimension")
    if dtype is not None:
        input = converted(input, dtype)
    if not input.is_floating_point():
        input = input.to(_types.int64)
    if dim is ...:
        return _in_dtype(prod_all(input), dtype)
    return _in_dtype(prod_dim(input, normal_dim(dim, input.ndim), keepdim), dtype)


# ------------------------------------------------------------------------- back to a shape


def reduce_to_shape(tensor: Tensor, shape: tuple) -> Tensor:
    """Sum a tensor back to a shape that was broadcast to its own."""
    extra = tensor.ndim - len(shape)
    dims = tuple(
        k for k in range(tensor.ndim)
        if k < extra or (shape[k - extra] == 1 and tensor.shape[k] != 1)
    )  # fmt: skip
    if dims:
        tensor = sum_dims(tensor, dims, True)
    return tensor.reshape(shape) if extra else tensor


@method()
def sum_to_size(self: Tensor, *size) -> Tensor:
    """The sum over the dimensions in which the tensor is larger than ``size``.

    Raises RuntimeError where ``size`` does not broadcast to the tensor's shape.
    """
    if len(size) > 1 and isinstance(size[0], (tuple, list)):
        raise TypeError("sum_to_size() takes its size once")
    shape = sizes_of("sum_to_size", size)
    extra = self.ndim - len(shape)
    fits = extra >= 0 and _all_equal_or_one(shape, self.shape[extra:])
    if not fits:
        raise RuntimeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(self.shape)}}}."
        )
    return reduce_to_shape(self, shape) if shape else sum_all(self)


def _all_equal_or_one(shape: tuple, wanted: tuple) -> bool:
    """Whether each size is 1 or the wanted one."""
    return not [one for one, other in zip(shape, wanted, strict=True) if one not in (1, other)]


__all__ = ["mean", "nanmean", "nansum", "prod", "sum"]
