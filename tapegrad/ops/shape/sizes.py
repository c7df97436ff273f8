"""The same elements in another shape: views where the layout allows."""

from __future__ import annotations

import math
from typing import Any

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import become_view
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_tensors
from tapegrad.ops._dims import (
    check_tensors,
    dims_of_one,
    inferred_shape,
    normal_dim,
    sizes_of,
)
from tapegrad.ops.convert import contiguous_op
from tapegrad.ops.shape import reshaping
from tapegrad.ops.shape.reshaping import (
    in_shape,
    register_reshapes,
    register_squeezes,
    reshaped,
)


def _view_op(name: str):
    return op(
        name,
        forward=kernels.reshaped_view,
        params=("input", "shape"),
        is_view=True,
        input=in_shape,
        doc="The same elements in another shape.",
    )


view_op = _view_op("view")
reshape_alias_op = _view_op("reshape_alias")
unsafe_view_op = op(
    "unsafe_view",
    forward=reshaped,
    params=("input", "shape"),
    input=in_shape,
    doc="Fresh memory in another shape: a reshape that nobody else can see.",
)


def _squeeze_all_op(name: str, grad_name: str):
    return op(
        name,
        forward=kernels.squeezed,
        params=("input",),
        defaults=(),
        grad_name=grad_name,
        is_view=True,
        input=in_shape,
        doc="Without its dimensions of size 1.",
    )


def _squeeze_op(name: str, grad_name: str, is_view: bool):
    return op(
        name,
        forward=kernels.squeezed,
        params=("input", "dims"),
        is_view=is_view,
        grad_name=grad_name,
        input=in_shape,
        doc="Without some dimensions of size 1.",
    )


def _unsqueeze_op(name: str, grad_name: str):
    return op(
        name,
        forward=kernels.unsqueezed,
        params=("input", "dim"),
        grad_name=grad_name,
        is_view=True,
        input=lambda g, dim: g.squeeze(dim),
        doc="With a dimension of size 1 more.",
    )


squeeze_all = _squeeze_all_op("squeeze", "SqueezeBackward0")
squeeze_op = _squeeze_op("squeeze_dim", "SqueezeBackward1", is_view=True)
squeeze_dims_op = _squeeze_op("squeeze_dims", "SqueezeBackward2", is_view=True)
unsqueeze_op = _unsqueeze_op("unsqueeze", "UnsqueezeBackward0")
unsafe_squeeze_op = _squeeze_op("unsafe_squeeze", "SqueezeBackward4", is_view=False)
# The in-place forms give the tensor itself another geometry; PyTorch numbers their nodes apart.
squeeze_all_inplace_op = _squeeze_all_op("squeeze_", "SqueezeBackward3")
squeeze_inplace_op = _squeeze_op("squeeze_dim_", "SqueezeBackward4", is_view=True)
squeeze_dims_inplace_op = _squeeze_op("squeeze_dims_", "SqueezeBackward5", is_view=True)
unsqueeze_inplace_op = _unsqueeze_op("unsqueeze_", "UnsqueezeBackward1")
alias_op = op(
    "alias", forward=lambda input: input[...], is_view=True, input="g",
    doc="The same tensor as a view.",
)  # fmt: skip


register_reshapes(
    view=view_op, reshape_alias=reshape_alias_op, unsafe_view=unsafe_view_op,
    copy=contiguous_op,
)  # fmt: skip
register_squeezes(
    every=squeeze_all, one=squeeze_op, several=squeeze_dims_op, back=unsqueeze_op
)
reshape, view = method()(reshaping.reshape), method()(reshaping.view)
squeeze, unsqueeze = method()(reshaping.squeeze), method()(reshaping.unsqueeze)
flatten = method()(reshaping.flatten)


@method()
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in another tensor's shape."""
    return view(input, other.shape)


@method()
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The elements in another tensor's shape."""
    return reshape(input, other.shape)


@method()
def unflatten(input: Tensor, dim: int, sizes) -> Tensor:
    """One dimension as several."""
    if input.ndim == 0:
        raise RuntimeError("unflatten got an unexpected error:\nDimension specified as 0 but "
                           "tensor has no dimensions")
    if not isinstance(sizes, (tuple, list)):
        raise TypeError("unflatten() takes several sizes")
    dim = normal_dim(dim, input.ndim)
    sizes = _unflattened(sizes_of("unflatten", (sizes,), (), "sizes"), dim, input.shape[dim])
    shape = tuple(input.shape)
    return view_op(input, shape[:dim] + sizes + shape[dim + 1 :])


def _unflattened(sizes: tuple, dim: int, size: int) -> tuple[int, ...]:
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        return inferred_shape(sizes, size)
    except RuntimeError as error:
        if -1 not in sizes and min(sizes) >= 0 and math.prod(sizes) != size:
            raise RuntimeError(
                f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim "
                f"{dim} ({size}) in the input tensor"
            ) from None
        raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None


@method()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return view_op(input.contiguous(), (input.numel(),))


@method()
def squeeze_(self: Tensor, dim=...) -> Tensor:
    """Drop this tensor's own dimensions of size 1, or only those in ``dim``."""
    if dim is ...:
        return become_view(squeeze_all_inplace_op, self)
    squeezed = squeeze_dims_inplace_op if isinstance(dim, (tuple, list)) else squeeze_inplace_op
    return become_view(squeezed, self, dims_of_one(self, dim))


@method()
def unsqueeze_(self: Tensor, dim: int) -> Tensor:
    """Give this tensor itself a dimension of size 1 at ``dim``."""
    return become_view(unsqueeze_inplace_op, self, normal_dim(dim, self.ndim + 1))


def _at_least(given: tuple, raise_one) -> Tensor | tuple[Tensor, ...]:
    """What ``raise_one`` makes of one tensor, or of each of several."""
    if len(given) == 1 and isinstance(given[0], Tensor):
        return raise_one(given[0])
    tensors = tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    check_tensors(tensors)
    return tuple(map(raise_one, tensors))


def with_one_dim(one: Tensor) -> Tensor:
    """A tensor, of a number a view of one dimension."""
    return one if one.ndim else reshape(one, 1)


def with_two_dims(one: Tensor) -> Tensor:
    """A tensor with at least two dimensions."""
    if one.ndim == 0:
        return reshape(one, 1, 1)
    return unsqueeze_op(one, 0) if one.ndim == 1 else one


def with_three_dims(one: Tensor) -> Tensor:
    """A tensor with at least three dimensions."""
    if one.ndim == 0:
        return reshape(one, 1, 1, 1)
    one = unsqueeze_op(one, 0) if one.ndim == 1 else one
    return unsqueeze_op(one, 2) if one.ndim == 2 else one


@takes_tensors
def atleast_1d(*tensors: Any) -> Any:
    """Each tensor, a number as a view of one dimension. One tensor gives one, several a tuple."""
    return _at_least(tensors, with_one_dim)


@takes_tensors
def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least two dimensions: a vector becomes one row, as a view."""

    return _at_least(tensors, with_two_dims)


@takes_tensors
def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least three dimensions, as a view: ``(n, m)`` becomes ``(n, m, 1)``."""

    return _at_least(tensors, with_three_dims)


@method()
def as_subclass(input: Tensor, cls: type) -> Tensor:
    """The same tensor, history and all, as an instance of a subclass."""
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {_types.kind_of(cls)})")
    if not issubclass(cls, Tensor):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not "
            "possible. Make sure your class inherits from Tensor."
        )
    return Tensor._of_class(cls, alias_op(input))


__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "flatten", "ravel", "reshape", "squeeze", "unflatten",
    "unsqueeze",
]  # fmt: skip
