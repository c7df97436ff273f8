"""The same elements in another shape: views where the layout allows."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import common_shape, inferred_shape, normal_dim, normal_dims, sizes_of
from tapegrad.ops.convert import contiguous_op


def _view_op(name: str):
    return op(
        name,
        forward=lambda input, shape: kernels.reshaped_view(input, shape),
        is_view=True,
        input=lambda g, input_shape: g.reshape(input_shape),
        doc="The same elements in another shape.",
    )


view_op = _view_op("view")
reshape_alias_op = _view_op("reshape_alias")
unsafe_view_op = op(
    "unsafe_view",
    forward=lambda input, shape: input.reshape(shape),
    input=lambda g, input_shape: g.reshape(input_shape),
    doc="Fresh memory in another shape: a reshape that nobody else can see.",
)
squeeze_all = op(
    "squeeze",
    forward=lambda input: input.reshape([size for size in input.shape if size != 1]),
    is_view=True,
    input=lambda g, input_shape: g.reshape(input_shape),
    doc="Without its dimensions of size 1.",
)


def _squeeze_op(name: str, grad_name: str, is_view: bool):
    return op(
        name,
        forward=lambda input, dims: input.squeeze(dims),
        is_view=is_view,
        grad_name=grad_name,
        input=lambda g, input_shape: g.reshape(input_shape),
        doc="Without some dimensions of size 1.",
    )


squeeze_op = _squeeze_op("squeeze_dim", "SqueezeBackward1", is_view=True)
squeeze_dims_op = _squeeze_op("squeeze_dims", "SqueezeBackward2", is_view=True)
unsafe_squeeze_op = _squeeze_op("unsafe_squeeze", "SqueezeBackward4", is_view=False)
unsqueeze_op = op(
    "unsqueeze",
    forward=lambda input, dim: np.expand_dims(input, dim),
    is_view=True,
    input=lambda g, dim: g.squeeze(dim),
    doc="With a dimension of size 1 more.",
)
expand_op = op(
    "expand",
    forward=lambda input, shape: kernels.expanded(input, shape),
    is_view=True,
    input=lambda g: g,
    doc="Dimensions of size 1 repeated without copying.",
)
alias_op = op(
    "alias", forward=lambda input: input[...], is_view=True, input=lambda g: g,
    doc="The same tensor as a view.",
)  # fmt: skip


@method()
def view(input: Tensor, *shape) -> Tensor:
    """The same memory in another shape; one size may be -1.

    Raises RuntimeError where the strides do not allow it.
    """
    if len(shape) == 1 and isinstance(shape[0], _types.dtype):
        if shape[0].itemsize != input.itemsize:
            raise RuntimeError("view between dtypes of different size is not supported")
        return Tensor._wrap(input.detach().numpy().view(shape[0].numpy))
    return view_op(input, inferred_shape(sizes_of("view", shape), input.numel()))


@method()
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in another tensor's shape."""
    return view(input, other.shape)


@method()
def reshape(input: Tensor, *shape, **keyword) -> Tensor:
    """The elements in another shape: a view where possible, else a copy."""
    wanted = sizes_of("reshape", shape, keyword.get("shape"), "shape")
    sizes = inferred_shape(wanted, input.numel())
    if input.is_contiguous():
        return view_op(input, sizes)
    if kernels.can_view(input._array, sizes):
        return reshape_alias_op(input, sizes)
    return unsafe_view_op(contiguous_op(input), sizes)


@method()
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The elements in another tensor's shape."""
    return reshape(input, other.shape)


@method()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one."""
    start, end = normal_dim(start_dim, input.ndim), normal_dim(end_dim, input.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if input.ndim == 0:
        return reshape(input, 1)
    if start == end:
        return input
    shape = input.shape
    return reshape(
        input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
    )


@method()
def unflatten(input: Tensor, dim: int, sizes) -> Tensor:
    """One dimension as several."""
    dim = normal_dim(dim, input.ndim)
    sizes = inferred_shape(tuple(sizes), input.shape[dim])
    return view(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


@method()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return reshape(input, -1)


@method()
def squeeze(input: Tensor, dim=None) -> Tensor:
    """Without its dimensions of size 1, or only of those in ``dim``, as a view."""
    if dim is None:
        return squeeze_all(input)
    dims = normal_dims(dim, input.ndim)
    squeezed = squeeze_dims_op if isinstance(dim, (tuple, list)) else squeeze_op
    return squeezed(input, tuple(one for one in dims if input.shape[one] == 1))


@method()
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in at ``dim``, as a view."""
    return unsqueeze_op(input, normal_dim(dim, input.ndim + 1))


@method()
def expand(input: Tensor, *sizes, **keyword) -> Tensor:
    """Dimensions of size 1 repeated to larger sizes, without copying; -1 keeps a size."""
    wanted = sizes_of("expand", sizes, keyword.get("size"))
    return expand_op(input, check_expansion(input.shape, wanted, input))


def check_expansion(shape: tuple, wanted: tuple, input: Tensor) -> tuple[int, ...]:
    """The sizes that a shape expands to, -1 filled in; RuntimeError for those that it cannot."""
    missing = len(wanted) - len(shape)
    if missing < 0:
        raise RuntimeError(
            f"expand({input.type()}{{{list(shape)}}}, size={list(wanted)}): the number of sizes "
            f"provided ({len(wanted)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(shape)})"
        )
    result = []
    for k, size in enumerate(wanted):
        old = 1 if k < missing else shape[k - missing]
        if size == -1 and k < missing:
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) isn't allowed in a leading, "
                f"non-existing dimension {k}"
            )
        if size != -1 and old not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({old}) at "
                f"non-singleton dimension {k}.  Target sizes: {list(wanted)}.  Tensor sizes: "
                f"{list(shape)}"
            )
        result.append(old if size == -1 else size)
    return tuple(result)


@method()
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to another tensor's shape."""
    return expand(input, other.shape)


@method()
def broadcast_to(input: Tensor, size) -> Tensor:
    """Expanded to a shape."""
    return expand(input, size)


def broadcast_tensors(*tensors: Tensor) -> list[Tensor]:
    """Every tensor expanded to the common shape."""
    shape = common_shape(*(one.shape for one in tensors))
    return [expand(one, shape) for one in tensors]


@method()
def as_subclass(input: Tensor, cls: type) -> Tensor:
    """The same tensor, history and all, as an instance of a subclass."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not "
            "possible. Make sure your class inherits from Tensor."
        )
    return Tensor._of_class(cls, alias_op(input))
