"""Views with the dimensions in another order."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import normal_dim, normal_dims, sizes_of

t_op = op(
    "t", forward=kernels.transposed, params=("input",), is_view=True, input=lambda g: t_op(g),
    doc="A matrix with rows and columns swapped.",
)  # fmt: skip
transpose = op(
    "transpose",
    forward=lambda input, dim0, dim1: _swapped(input, dim0, dim1),
    is_view=True,
    method=True,
    input=lambda g, dim0, dim1: g.transpose(dim0, dim1),
    doc="Two dimensions swapped, as a view.",
)
permute_op = op(
    "permute",
    forward=lambda input, dims: input.transpose(dims),
    is_view=True,
    input=lambda g, dims: g.permute(tuple(int(k) for k in np.argsort(dims))),
    doc="Dimensions in another order.",
)


def _swapped(input: np.ndarray, dim0: int, dim1: int) -> np.ndarray:
    dim0, dim1 = normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim)
    return input.swapaxes(dim0, dim1) if input.ndim else input[...]


@method()
def t(input: Tensor) -> Tensor:
    """A matrix with rows and columns swapped; a vector or number as it is."""
    if input.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D"
        )
    return t_op(input)


@method()
def permute(input: Tensor, *dims, **keyword) -> Tensor:
    """Dimensions in the order ``dims``, as a view."""
    order = sizes_of("permute", dims, keyword.get("dims"), "dims")
    if len(order) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    order = tuple(normal_dim(one, input.ndim) for one in order)
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_op(input, order)


def _reversed_dims(input: Tensor) -> Tensor:
    """The dimensions in reverse order."""
    return permute_op(input, tuple(range(input.ndim - 1, -1, -1)))


def _matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions swapped."""
    if input.ndim < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. Got "
            f"{input.ndim}-D tensor."
        )
    return transpose(input, input.ndim - 2, input.ndim - 1)


attach_method("T", property(_reversed_dims))
attach_method("mT", property(_matrix_transpose))


@method()
def movedim(input: Tensor, source, destination) -> Tensor:
    """Dimensions moved to new places, as a view."""
    sources, targets = normal_dims(source, input.ndim), normal_dims(destination, input.ndim)
    rest = [k for k in range(input.ndim) if k not in sources]
    for target, dim in sorted(zip(targets, sources, strict=True)):
        rest.insert(target, dim)
    return permute_op(input, tuple(rest))


for _alias, _of in {"swapaxes": transpose, "swapdims": transpose, "moveaxis": movedim}.items():
    attach_method(_alias, _of)
