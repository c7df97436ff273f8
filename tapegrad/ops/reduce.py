"""Reductions over some or all dimensions."""

from __future__ import annotations

import builtins
import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import normal_dim, normal_dims
from tapegrad.ops._results import named_result
from tapegrad.ops.arithmetic import div_op
from tapegrad.ops.pointwise import maximum, minimum, where_op
from tapegrad.ops.shape import expand_op, stack, unsqueeze_op


def _restore(reduced, shape: tuple, dims: tuple | None, keepdim: bool):
    """A reduced tensor with its lost dimensions back as size 1, expanded to the shape."""
    if not keepdim and dims is not None:
        for dim in sorted(dims):
            reduced = unsqueeze_op(reduced, dim)
    return expand_op(reduced, shape)


def _sum(input: np.ndarray, dims, keepdim) -> np.ndarray:
    if input.dtype.kind != "f" and input.dtype != np.int64:
        input = kernels.cast_array(input, np.int64)
    return kernels.reduce(_SUM, input, dims, keepdim)


_SUM = OURS["sum"]


sum_all = op(
    "sum_all",
    forward=lambda input: _sum(input, None, False),
    grad_name="SumBackward0",
    input=lambda g, input_shape: expand_op(g, input_shape),
    doc="The sum of all elements.",
)
sum_dims = op(
    "sum",
    forward=_sum,
    grad_name="SumBackward1",
    input=lambda g, input_shape, dims, keepdim: _restore(g, input_shape, dims, keepdim),
    doc="Sums over dimensions.",
)


def _count(shape: tuple, dims: tuple | None) -> int:
    return math.prod(shape if dims is None else [shape[dim] for dim in dims])


def _mean(input: np.ndarray, dims, keepdim) -> np.ndarray:
    total = _sum(input, dims, keepdim)
    return kernels.pointwise(_DIVIDE, total, float(_count(input.shape, dims)), out=total)


_DIVIDE = kernels.numpy_kernel(np.true_divide)
mean_all = op(
    "mean_all",
    forward=lambda input: _mean(input, None, False),
    grad_name="MeanBackward0",
    input=lambda g, input_shape: expand_op(div_op(g, _count(input_shape, None)), input_shape),
    doc="The mean of all elements.",
)
mean_dims = op(
    "mean",
    forward=_mean,
    grad_name="MeanBackward1",
    input=lambda g, input_shape, dims, keepdim: _restore(
        div_op(g, _count(input_shape, dims)), input_shape, dims, keepdim
    ),
    doc="Means over dimensions.",
)


def _dims_of(input: Tensor, dim) -> tuple | None:
    """The dims that a reduction's argument names; None for all of them."""
    if dim is None or dim == () or dim == []:
        return None
    return normal_dims(dim, input.ndim)


@method()
def sum(input: Tensor, dim=None, keepdim: bool = False, *, axis=None, dtype=None) -> Tensor:
    """Sum of all elements, or over the dimensions ``dim``; integers add up in int64.

    ``dtype`` converts the elements first. Shape: the reduced dimensions go, or stay as 1 with
    ``keepdim``.
    """
    if dtype is not None:
        input = input.to(dtype)
    dim = dim if axis is None else axis
    if dim is None and not keepdim:
        return sum_all(input)
    dims = _dims_of(input, dim)
    return sum_dims(input, tuple(range(input.ndim)) if dims is None else dims, keepdim)


@method()
def mean(input: Tensor, dim=None, keepdim: bool = False, *, axis=None, dtype=None) -> Tensor:
    """Mean of all elements, or over the dimensions ``dim``. Raises RuntimeError for integers."""
    if dtype is not None:
        input = input.to(dtype)
    if not input.is_floating_point():
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {kernels.TYPE_NAMES[input.dtype.numpy.num]}"
        )
    dim = dim if axis is None else axis
    if dim is None and not keepdim:
        return mean_all(input)
    dims = _dims_of(input, dim)
    return mean_dims(input, tuple(range(input.ndim)) if dims is None else dims, keepdim)


@method()
def prod(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """Product of all elements, or over one dimension; integers multiply in int64."""
    if dtype is not None or not input.is_floating_point():
        input = input.to(dtype or _types.int64)
    if dim is None:
        return prod_all(input)
    return prod_dim(input, normal_dim(dim, input.ndim), keepdim)


def _others_product(input: Tensor, dim: int) -> Tensor:
    """For each element the product of the others along ``dim``; right for zeros too."""
    size = input.shape[dim]
    parts = input.unbind(dim)
    before, after = [parts[0] * 0 + 1], [parts[0] * 0 + 1]
    for k in range(size - 1):
        before.append(before[-1] * parts[k])
        after.append(after[-1] * parts[size - 1 - k])
    return stack([a * b for a, b in zip(before, reversed(after), strict=True)], dim)


prod_dim = op(
    "prod",
    forward=lambda input, dim, keepdim: kernels.reduce(OURS["prod"], input, (dim,), keepdim),
    grad_name="ProdBackward1",
    input=lambda g, input, dim, keepdim: (
        (g if keepdim else g.unsqueeze(dim)) * _others_product(input, dim)
    ),
    doc="Products over a dimension.",
)
prod_all = op(
    "prod_all",
    forward=lambda input: kernels.reduce(OURS["prod"], input, None, False),
    grad_name="ProdBackward0",
    input=lambda g, input: g * _others_product(input.reshape(-1), 0).reshape(input.shape),
    doc="The product of all elements.",
)

# ------------------------------------------------------------------------- largest and smallest


max_result = named_result("max", "values", "indices")
min_result = named_result("min", "values", "indices")


def _even_share(g, input, out):
    """A gradient split evenly among the elements that equal the result."""
    chosen = input == out
    return where_op(chosen, g / chosen.sum(), 0.0)


def _at_indices(g, shape: tuple, dim: int, keepdim: bool, indices):
    if not keepdim:
        g, indices = g.unsqueeze(dim), indices.unsqueeze(dim)
    return scatter_values(g, shape, dim, indices)


def scatter_values(values, shape: tuple, dim: int, indices) -> Tensor:
    """Zeros with values at given indices along a dimension; differentiable in the values."""
    positions = Tensor._wrap(np.arange(shape[dim])).reshape(
        [-1 if k == dim else 1 for k in range(len(shape))]
    )
    return where_op(positions == indices, values.expand(shape), 0.0)


def _extreme_ops(name: str):
    """The three forms of max and min: of everything, over a dimension, over dimensions."""
    of_all = op(
        f"{name}_all",
        forward=lambda input: kernels.reduce(OURS[name], input, None, False),
        grad_name=f"{name.capitalize()}Backward1",
        input=lambda g, input, out: _even_share(g, input, out),
        doc=f"The {name}imum of all elements.",
    )
    over_dim = op(
        name,
        forward=lambda input, dim, keepdim: kernels.reduce(
            OURS[f"{name}_with_index"], input, (dim,), keepdim
        ),
        grad_name=f"{name.capitalize()}Backward0",
        outputs=("values", "indices"),
        input=lambda g, input_shape, dim, keepdim, indices: _at_indices(
            g, input_shape, dim, keepdim, indices
        ),
        doc=f"The {name}imum over a dimension, and where it is.",
    )

    def _shared_over_dims(g, input, out, dims, keepdim):
        out = _restore(out, input.shape, dims, keepdim)
        chosen = input == out
        count = chosen.sum(dims, keepdim=True)
        return where_op(chosen, _restore(g, input.shape, dims, keepdim) / count, 0.0)

    over_dims = op(
        f"a{name}",
        forward=lambda input, dims, keepdim: kernels.reduce(OURS[name], input, dims, keepdim),
        input=lambda g, input, out, dims, keepdim: _shared_over_dims(g, input, out, dims, keepdim),
        doc=f"The {name}imum over dimensions; equal elements share the gradient.",
    )
    return of_all, over_dim, over_dims


max_all, max_dim, amax_op = _extreme_ops("max")
min_all, min_dim, amin_op = _extreme_ops("min")


def _extreme(name, of_all, over_dim, elementwise, result):
    def extreme(input: Tensor, dim=None, keepdim: bool = False, *, other=None):
        dim = other if other is not None else dim
        if isinstance(dim, Tensor):
            return elementwise(input, dim)
        if dim is None:
            if input.numel() == 0:
                _refuse_unnamed(name)
            return of_all(input)
        if not isinstance(keepdim, bool):
            raise TypeError(
                f"{name}(): argument 'keepdim' (position 2) must be bool, "
                f"not {type(keepdim).__name__}"
            )
        dim = normal_dim(dim, input.ndim)
        if input.ndim == 0:
            return result((input.clone(), Tensor._wrap(np.zeros((), np.int64))))
        refuse_empty(name, input, dim)
        return result(over_dim(input, dim, keepdim))

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = (
        f"The {name}imum of all elements; over ``dim``, (values, indices); of two tensors, "
        f"element by element.\n\n    NaN wins. Of equal elements the first is named.\n    "
    )
    attach_method(name, extreme)
    return extreme


def _refuse_unnamed(name: str) -> None:
    raise RuntimeError(
        f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
        "Specify the reduction dim with the 'dim' argument."
    )


def refuse_empty(name: str, input: Tensor, dim: int) -> None:
    """Refuse to look for an element where there is none."""
    if input.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


max = _extreme("max", max_all, max_dim, maximum, max_result)
min = _extreme("min", min_all, min_dim, minimum, min_result)


def _extreme_over_dims(name, operation):
    def extreme(input: Tensor, dim=(), keepdim: bool = False) -> Tensor:
        if dim == () and input.numel() == 0:
            _refuse_unnamed(name)
        dims = tuple(range(input.ndim)) if dim == () else normal_dims(dim, input.ndim)
        for one in dims:
            refuse_empty(name, input, one)
        return operation(input, dims, keepdim)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = operation.__doc__
    attach_method(name, extreme)
    return extreme


amax, amin = _extreme_over_dims("amax", amax_op), _extreme_over_dims("amin", amin_op)

# ------------------------------------------------------------------------- without gradient

argmax_op = op(
    "argmax",
    forward=lambda input, dims, keepdim: kernels.reduce(OURS["argmax"], input, dims, keepdim),
    doc="Where the maximum is.",
)
argmin_op = op(
    "argmin",
    forward=lambda input, dims, keepdim: kernels.reduce(OURS["argmin"], input, dims, keepdim),
    doc="Where the minimum is.",
)


def _place_of_extreme(name, operation):
    def place(input: Tensor, dim=None, keepdim: bool = False) -> Tensor:
        if dim is None:
            if input.numel() == 0:
                raise IndexError(
                    f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
                )
            return operation(input, None, keepdim)
        dim = normal_dim(dim, input.ndim)
        if input.ndim == 0:
            return Tensor._wrap(np.zeros((), np.int64))
        refuse_empty(name, input, dim)
        return operation(input, (dim,), keepdim)

    place.__name__ = place.__qualname__ = name
    place.__doc__ = f"{operation.__doc__} The first of equals; NaN wins."
    attach_method(name, place)
    return place


argmax, argmin = _place_of_extreme("argmax", argmax_op), _place_of_extreme("argmin", argmin_op)


def _truth(input: np.ndarray) -> np.ndarray:
    return input if input.dtype == np.bool_ else kernels.cast_array(input, np.bool_)


any_op = op(
    "any", forward=lambda input, dims, keepdim: _any_or_all("any", input, dims, keepdim),
    doc="Whether any element is true.",
)  # fmt: skip
all_op = op(
    "all", forward=lambda input, dims, keepdim: _any_or_all("all", input, dims, keepdim),
    doc="Whether all elements are true.",
)  # fmt: skip
count_nonzero_op = op(
    "count_nonzero",
    forward=lambda input, dims: kernels.reduce(OURS["count_nonzero"], _truth(input), dims, False),
    doc="How many elements are not zero.",
)


def _any_or_all(name, input, dims, keepdim):
    result = kernels.reduce(OURS[name], _truth(input), dims, keepdim)
    # PyTorch keeps uint8, the bool of its early days.
    return kernels.cast_array(result, np.uint8) if input.dtype == np.uint8 else result


@method()
def any(input: Tensor, dim=None, keepdim: bool = False) -> Tensor:
    """Whether any element is true, or any over the dimensions ``dim``."""
    return any_op(input, _dims_of(input, dim), keepdim)


@method()
def all(input: Tensor, dim=None, keepdim: bool = False) -> Tensor:
    """Whether all elements are true, or all over the dimensions ``dim``."""
    return all_op(input, _dims_of(input, dim), keepdim)


@method()
def count_nonzero(input: Tensor, dim=None) -> Tensor:
    """How many elements are not zero."""
    return count_nonzero_op(input, _dims_of(input, dim))


# ------------------------------------------------------------------------- spread and size


def _centred(input: Tensor, dims) -> Tensor:
    return input - input.mean(dims, keepdim=True)


def _variance_slope(g, input, dims, keepdim, correction):
    freedom = _count(input.shape, dims) - correction
    scale = 2.0 / freedom if freedom > 0 else math.inf
    return _restore(g, input.shape, dims, keepdim) * scale * _centred(input, dims)


def _variance(input: np.ndarray, dims, keepdim, correction) -> np.ndarray:
    every = tuple(range(input.ndim)) if dims is None else dims
    deviation = kernels.pointwise(_SUBTRACT, input, _mean(input, every, True))
    total = _sum(kernels.pointwise(_SQUARE, deviation, out=deviation), dims, keepdim)
    freedom = builtins.max(0, _count(input.shape, dims) - correction)
    return kernels.pointwise(_DIVIDE, total, float(freedom), out=total)


_SUBTRACT, _SQUARE = kernels.numpy_kernel(np.subtract), kernels.numpy_kernel(np.square)
_SQRT = kernels.numpy_kernel(np.sqrt)
var_op = op(
    "var",
    forward=_variance,
    input=lambda g, input, dims, keepdim, correction: _variance_slope(
        g, input, dims, keepdim, correction
    ),
    doc="Variance over dimensions.",
)


def _deviation(input, dims, keepdim, correction):
    variance = _variance(input, dims, keepdim, correction)
    return kernels.pointwise(_SQRT, variance, out=variance)


std_op = op(
    "std",
    forward=_deviation,
    input=lambda g, input, out, dims, keepdim, correction: _variance_slope(
        (g / (out * 2)).masked_fill(out == 0, 0.0), input, dims, keepdim, correction
    ),
    doc="Standard deviation over dimensions.",
)


def _spread(name, operation):
    def spread(input: Tensor, dim=None, unbiased=None, keepdim: bool = False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        if not input.is_floating_point():
            raise RuntimeError("std and var only support floating point and complex dtypes")
        return operation(input, _dims_of(input, dim), keepdim, correction)

    spread.__name__ = spread.__qualname__ = name
    spread.__doc__ = operation.__doc__ + " ``correction`` is taken from the count; 1 by default."
    attach_method(name, spread)
    return spread


var, std = _spread("var", var_op), _spread("std", std_op)


def _vector_norm(input: np.ndarray, ord, dims, keepdim) -> np.ndarray:
    magnitude = kernels.pointwise(_ABSOLUTE, input)
    if ord == math.inf:
        return kernels.reduce(OURS["max"], magnitude, dims, keepdim)
    if ord == -math.inf:
        return kernels.reduce(OURS["min"], magnitude, dims, keepdim)
    if ord == 0:
        return _sum(kernels.cast_array(_truth(magnitude), input.dtype), dims, keepdim)
    if ord == 1:
        return _sum(magnitude, dims, keepdim)
    if ord == 2:
        total = _sum(kernels.pointwise(_SQUARE, magnitude, out=magnitude), dims, keepdim)
        return kernels.pointwise(_SQRT, total, out=total)
    total = _sum(kernels.pointwise(_POWER, magnitude, float(ord), out=magnitude), dims, keepdim)
    return kernels.pointwise(_POWER, total, 1.0 / ord, out=total)


_ABSOLUTE, _POWER = kernels.numpy_kernel(np.absolute), kernels.numpy_kernel(np.power)


def _norm_slope(g, input, out, ord, dims, keepdim):
    if ord == 0:
        return None
    out = _restore(out, input.shape, dims, keepdim)
    g = _restore(g, input.shape, dims, keepdim)
    if ord == 2:
        return g * (input / out).masked_fill(out == 0, 0.0)
    if ord == 1:
        return g * input.sign()
    if builtins.abs(ord) == math.inf:
        chosen = input.abs() == out
        count = chosen.sum(dims, keepdim=True) if dims is not None else chosen.sum()
        return where_op(chosen, g * input.sign() / count, 0.0)
    scaled = input.abs().pow(ord - 2) * input / out.pow(ord - 1)
    return g * scaled.masked_fill((out == 0) | (input == 0), 0.0)


vector_norm_op = op(
    "linalg_vector_norm",
    forward=_vector_norm,
    input=lambda g, input, out, ord, dims, keepdim: _norm_slope(
        g, input, out, ord, dims, keepdim
    ),
    doc="Norm of the elements over dimensions.",
)


@method()
def norm(input: Tensor, p="fro", dim=None, keepdim: bool = False, dtype=None) -> Tensor:
    """The p-norm of the elements: ``(sum |x|**p) ** (1/p)``, over all or some dimensions."""
    if dtype is not None:
        input = input.to(dtype)
    if not input.is_floating_point():
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {kernels.TYPE_NAMES[input.dtype.numpy.num]}"
        )
    order = 2.0 if p in ("fro", None) else float(p)
    return vector_norm_op(input, order, _dims_of(input, dim), keepdim)


def _logsumexp(input: np.ndarray, dims, keepdim) -> np.ndarray:
    top = kernels.reduce(OURS["max"], input, dims, True)
    finite = kernels.cast_array(np.where(np.isfinite(top), top, 0), top.dtype)
    shifted = kernels.pointwise(_SUBTRACT, input, finite)
    total = _sum(kernels.pointwise(_EXP, shifted, out=shifted), dims, True)
    result = kernels.pointwise(_ADD, kernels.pointwise(_LOG, total, out=total), finite)
    return result if keepdim else result.reshape(
        [size for k, size in enumerate(input.shape) if k not in dims]
    )


_EXP, _LOG, _ADD = map(kernels.numpy_kernel, (np.exp, np.log, np.add))
logsumexp_op = op(
    "logsumexp",
    forward=_logsumexp,
    input=lambda g, input, out, dims, keepdim: (
        _restore(g, input.shape, dims, keepdim)
        * (input - _restore(out, input.shape, dims, keepdim)).exp()
    ),
    doc="``log(sum(exp(x)))`` over dimensions.",
)


@method()
def logsumexp(input: Tensor, dim, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))`` over the dimensions ``dim``, without overflow."""
    return logsumexp_op(input, normal_dims(dim, input.ndim), keepdim)


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


