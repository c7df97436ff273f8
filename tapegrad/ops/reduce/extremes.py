"""The largest and the smallest, and where they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import attach, method, op, takes_out, takes_tensors
from tapegrad.ops._dims import every_dim_or, normal_dim, normal_dims
from tapegrad.ops._results import NamedResult, named_result
from tapegrad.ops.pointwise import isnan, maximum, minimum, where_op
from tapegrad.ops.reduce._dims import refuse_empty, with_lost_dims

max_result = named_result("max", "values", "indices")
min_result = named_result("min", "values", "indices")
aminmax_result = named_result("aminmax", "min", "max")


def even_share(g, input, out) -> Tensor:
    """A gradient split evenly among the elements that equal the result."""
    chosen = (input == out) | (isnan(out) & isnan(input))
    return where_op(chosen, g / chosen.sum(), 0.0)


def _even_share_over_dims(g, input, out, dims, keepdim):
    chosen = input == with_lost_dims(out, dims, keepdim)
    return with_lost_dims(g, dims, keepdim) * chosen / chosen.sum(dims, keepdim=True)


def _at_indices(g, shape: tuple, dim: int, keepdim: bool, indices):
    if not keepdim:
        g, indices = g.unsqueeze(dim), indices.unsqueeze(dim)
    return scatter_values(g, shape, dim, indices)


def scatter_values(values, shape: tuple, dim: int, indices) -> Tensor:
    """Zeros with one value at an index along a dimension; differentiable in the values."""
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
        input=lambda g, input, out: even_share(g, input, out),
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
    over_dims = op(
        f"a{name}",
        forward=lambda input, dims, keepdim: kernels.reduce(OURS[name], input, dims, keepdim),
        input=lambda g, input, out, dims, keepdim: _even_share_over_dims(
            g, input, out, dims, keepdim
        ),
        doc=f"The {name}imum over dimensions; equal elements share the gradient.",
    )
    return of_all, over_dim, over_dims


max_all, max_dim, amax_op = _extreme_ops("max")
min_all, min_dim, amin_op = _extreme_ops("min")


_NOT_GIVEN: Any = ...


def _extreme(name, of_all, over_dim, elementwise, result):
    def extreme(input: Tensor, dim=..., keepdim: bool = _NOT_GIVEN, *, other=None):
        dim = other if other is not None else dim
        if keepdim is _NOT_GIVEN:
            if isinstance(dim, Tensor):
                return elementwise(input, dim)
            keepdim = False
        elif dim is ...:
            raise TypeError("nothing to keep without a dimension")
        if dim is ...:
            if input.numel() == 0:
                _refuse_unnamed(name)
            return of_all(input)
        dim = normal_dim(dim, input.ndim)
        if input.ndim == 0:
            return result.of((_of_scalar(input, over_dim), Tensor._wrap(np.zeros((), np.int64))))
        refuse_empty(name, input, dim)
        return _new_tuple(result, over_dim(input, dim, keepdim))

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = (
        f"The {name}imum of all elements; over ``dim``, (values, indices); of two tensors, "
        f"element by element.\n\n    NaN wins. Of equal elements the first is named.\n    "
    )
    attach(name, extreme)
    return takes_tensors(extreme)


_new_tuple = tuple.__new__


def _of_scalar(input: Tensor, over_dim) -> Tensor:
    return over_dim(input.reshape(1), 0, False)[0] if input.requires_grad else input.clone()


def _refuse_unnamed(name: str) -> None:
    raise RuntimeError(
        f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
        "Specify the reduction dim with the 'dim' argument."
    )


max = takes_out("extreme")(_extreme("max", max_all, max_dim, maximum, max_result))
min = takes_out("extreme")(_extreme("min", min_all, min_dim, minimum, min_result))


def _extreme_over_dims(name, operation):
    def extreme(input: Tensor, dim=(), keepdim: bool = False) -> Tensor:
        if dim == () and input.numel() == 0:
            _refuse_unnamed(name)
        is_whole = dim is None or dim == () or dim == []
        dims = tuple(range(input.ndim)) if is_whole else normal_dims(dim, input.ndim)
        for one in dims:
            refuse_empty(name, input, one)
        return operation(input, dims, keepdim)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = operation.__doc__
    attach(name, extreme)
    return takes_tensors(extreme)


_matching = takes_out(
    "Expected the dtype for input and out to match, but got {result} for input's dtype and {out} "
    "for out's dtype."
)
amax = _matching(_extreme_over_dims("amax", amax_op))
amin = _matching(_extreme_over_dims("amin", amin_op))


def _aminmax(input: np.ndarray, dims, keepdim) -> tuple:
    return (kernels.reduce(_MIN, input, dims, keepdim), kernels.reduce(_MAX, input, dims, keepdim))


_MIN, _MAX = OURS["min"], OURS["max"]


def _aminmax_slope(grads, input, smallest, largest, dims, keepdim):
    shares = [
        _even_share_over_dims(g, input, out, dims, keepdim)
        for g, out in zip(grads, (smallest, largest), strict=True) if g is not None
    ]  # fmt: skip
    return shares[0] if len(shares) == 1 else shares[0] + shares[1]


aminmax_op = op(
    "aminmax",
    forward=_aminmax,
    outputs=("smallest", "largest"),
    input=lambda grads, input, smallest, largest, dims, keepdim: _aminmax_slope(
        grads, input, smallest, largest, dims, keepdim
    ),
    doc="The minimum and the maximum.",
)


@takes_out()
@method()
def aminmax(input: Tensor, *, dim=None, keepdim: bool = False) -> NamedResult:
    """The minimum and the maximum of all elements or over ``dim``, as (min, max).

    NaN wins; equal elements share the gradient. Raises RuntimeError or IndexError where there is
    no element.
    """
    if dim is None:
        if input.numel() == 0:
            raise RuntimeError(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
                "identity."
            )
        dims = every_dim_or(input, None)
    else:
        if isinstance(dim, (tuple, list)):
            kind = type(dim).__name__
            raise TypeError(f"aminmax(): argument 'dim' must be int, not {kind}")
        dims = normal_dims(dim, input.ndim)
        if dims and input.shape[dims[0]] == 0:
            raise IndexError(f"aminmax: Expected reduction dim {dims[0]} to have non-zero size.")
    return aminmax_result.of(aminmax_op(input, dims, keepdim))


# ------------------------------------------------------------------------- where they are

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
        if input.dtype.name == "bool":
            raise RuntimeError(f"{name}(): does not support bool input")
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
    attach(name, place)
    return takes_tensors(place)


argmax = takes_out(refuses_grad=False)(_place_of_extreme("argmax", argmax_op))
argmin = takes_out(refuses_grad=False)(_place_of_extreme("argmin", argmin_op))

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]
