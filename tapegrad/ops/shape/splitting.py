"""One tensor as several, which are views of it."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core.pieces import joined_gradients, stacked_gradients
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import bool as bool_
from tapegrad.ops._declare import attach, method, op, reads_numpy, takes_tensors
from tapegrad.ops._dims import even_ranges, normal_dim, ranges_between, sizes_of
from tapegrad.ops.shape.joining import cat, stack
from tapegrad.ops.shape.parts import slice_op


def _stacked(grads, input_shape, dim):
    if not is_grad_enabled():
        return stacked_gradients(grads, dim)
    missing = input_shape[:dim] + input_shape[dim + 1 :]
    return stack([_zeros(missing, grads) if g is None else g for g in grads], dim)


def _zeros(shape, grads) -> Tensor:
    """A zero gradient in the dtype of those that came."""
    dtype = next(g.dtype for g in grads if g is not None).numpy
    return Tensor._wrap(kernels.fill(kernels.empty(shape, dtype), 0))


def _joined(grads, input_shape, dim, sizes):
    if not is_grad_enabled():
        return joined_gradients(grads, dim, sizes)
    parts = [
        _zeros((*input_shape[:dim], size, *input_shape[dim + 1 :]), grads) if g is None else g
        for g, size in zip(grads, sizes, strict=True)
    ]
    return cat(parts, dim)


unbind_op = op(
    "unbind",
    forward=kernels.slices,
    params=("input", "dim"),
    is_view=True,
    outputs=("first",),
    input=_stacked,
    doc="The slices along a dimension, which goes.",
)


def _split_op(name: str, grad_name: str, is_view: bool = True):
    return op(
        name,
        forward=kernels.pieces,
        params=("input", "dim", "sizes"),
        grad_name=grad_name,
        is_view=is_view,
        outputs=("first",),
        input=_joined,
        doc="Consecutive ranges along a dimension.",
    )


split_op = _split_op("split", "SplitBackward0")
split_with_sizes_op = _split_op("split_with_sizes", "SplitWithSizesBackward0")
unsafe_split_op = _split_op("unsafe_split", "UnsafeSplitBackward0", is_view=False)
unsafe_split_with_sizes_op = _split_op(
    "unsafe_split_with_sizes", "UnsafeSplitWithSizesBackward0", is_view=False
)


@method()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which goes, as views."""
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return unbind_op(input, normal_dim(dim, input.ndim))


@reads_numpy
def _split(self: Tensor, split_size, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive ranges along a dimension, as views: of one size, or of the sizes in a list."""
    if not isinstance(split_size, int):
        if not isinstance(split_size, Tensor) or split_size.numel() != 1:
            return split_with_sizes(self, split_size, dim)
        split_size = int(split_size)
    return split_op(self, *_equal_sizes(self, _whole(split_size), dim))


attach("split", _split)


def _whole(given) -> int:
    """A number of parts, or their size."""
    if isinstance(given, bool):
        raise TypeError(f"not a whole number: {given}")
    return operator.index(given)


@takes_tensors
@reads_numpy
def split(tensor: Tensor, split_size_or_sections, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive ranges along a dimension, as views: of one size, or of the sizes in a list."""
    return _split(tensor, split_size_or_sections, dim)


def _equal_sizes(tensor: Tensor, size: int, dim: int) -> tuple[int, tuple[int, ...]]:
    """The dimension, and ranges of one size along it; the last one may be smaller."""
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normal_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and total > 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    return dim, kernels.equal_sizes(total, size)


@method()
def split_with_sizes(input: Tensor, split_sizes, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive ranges of the given sizes along a dimension, as views."""
    return split_with_sizes_op(input, *_given_sizes(input, split_sizes, dim))


def _given_sizes(tensor: Tensor, split_sizes, dim: int) -> tuple[int, tuple[int, ...]]:
    """The dimension, and the sizes after a check that they fill it."""
    if not isinstance(split_sizes, (tuple, list)):
        raise TypeError("split_with_sizes() takes several sizes")
    sizes = sizes_of("split_with_sizes", (split_sizes,), (), "split_sizes")
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normal_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    if sizes and min(sizes) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(sizes)}"
        )
    if sum(sizes) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size "
            f"at dimension {dim}), but got split_sizes={list(sizes)}"
        )
    return dim, sizes


@method()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` ranges of equal size along a dimension, as views."""
    return split_op(input, *_chunk_sizes(input, chunks, dim))


def _chunk_sizes(input: Tensor, chunks: int, dim: int) -> tuple[int, tuple[int, ...]]:
    """The dimension, and at most so many equal sizes along it; the last one may be smaller."""
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    total = input.size(dim)
    if not total:
        return dim % input.ndim, (0,) * chunks
    return dim % input.ndim, kernels.equal_sizes(total, -(-total // chunks))


@method()
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Like :func:`split`, but autograd does not know that the parts share memory."""
    return unsafe_split_op(input, *_equal_sizes(input, operator.index(split_size), dim))


@method()
def unsafe_split_with_sizes(input: Tensor, split_sizes, dim: int = 0) -> tuple[Tensor, ...]:
    """Like :func:`split_with_sizes`, but autograd does not know that the parts share memory."""
    return unsafe_split_with_sizes_op(input, *_given_sizes(input, split_sizes, dim))


@method()
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Like :func:`chunk`, but autograd does not know that the parts share memory."""
    return unsafe_split_op(input, *_chunk_sizes(input, chunks, dim))


# ------------------------------------------------------------------------- at positions


def _tensor_split(input: Tensor, indices_or_sections, dim: int = 0) -> tuple[Tensor, ...]:
    """Ranges along a dimension, as views: a number of nearly equal ones, or cut at positions.

    The first ranges of a number of sections are one larger where the size does not divide.
    Positions are those of slices: negative ones count from the end, and ranges may be empty.
    """
    if input.ndim == 0:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = normal_dim(dim, input.ndim)
    cuts, size = _plain_cuts(indices_or_sections), input.shape[dim]
    if isinstance(cuts, tuple):
        ranges = ranges_between(cuts, size)
    elif cuts <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {cuts}")
    else:
        ranges = even_ranges(size, cuts)
    return tuple([slice_op(input, dim, start, stop, 1) for start, stop in ranges])


_tensor_split.__name__ = _tensor_split.__qualname__ = "tensor_split"
tensor_split = method()(_tensor_split)


def _plain_cuts(given) -> int | tuple[int, ...]:
    """A number of sections, or positions to cut at, also where a tensor holds them."""
    if isinstance(given, Tensor):
        if given.dtype.name != "int64":
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{kernels.TYPE_NAMES[given.dtype.numpy.num]}"
            )
        if given.ndim > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                f"one-dimensional tensor, but got a tensor with {given.ndim} dims"
            )
        given = given.tolist()
    if isinstance(given, (tuple, list)):
        return sizes_of("tensor_split", (given,), (), "indices")
    return _whole(given)


def _split_on(name: str, input: Tensor, given, dim: int, ndim: int) -> tuple[Tensor, ...]:
    """Split along a fixed dimension, or the last one; sections must divide its size."""
    if input.ndim <= dim:
        dim = input.ndim - 1
    if input.ndim < ndim:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {ndim} dimension, but got a tensor with "
            f"{input.ndim} dimensions!"
        )
    if not isinstance(given, (tuple, list)):
        if isinstance(given, np.ndarray) or (
                isinstance(given, Tensor) and (given.ndim or given.dtype is bool_)):
            raise TypeError(f"{name}() takes a number of sections, or indices")
        given, size = given if type(given) is int else _whole(given), input.shape[dim]
        if given == 0 or size % given:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the "
                f"dimension {size} is not divisible by the split_size {given}!"
            )
    return _tensor_split(input, given, dim)


def _splitter(name: str, where: str, dim: int, ndim: int) -> Callable[..., tuple[Tensor, ...]]:
    """A split along a fixed dimension, whose method takes positions one by one, too."""

    def split_method(self: Tensor, *indices_or_sections, **keyword) -> tuple[Tensor, ...]:
        cuts = _cuts_of(indices_or_sections, keyword)
        return _split_on(name, self, cuts, dim, ndim)

    def split_function(input: Tensor, *indices_or_sections, **keyword) -> tuple[Tensor, ...]:
        if len(indices_or_sections) == 1 and not keyword:
            return _split_on(name, input, indices_or_sections[0], dim, ndim)
        if len(indices_or_sections) > 1:
            raise TypeError(f"{name}() takes positions in a sequence")
        return _split_on(name, input, _cuts_of(indices_or_sections, keyword), dim, ndim)

    for made in (split_method, split_function):
        made.__name__ = made.__qualname__ = name
        made.__doc__ = f"Views {where}."
    attach(name, split_method)
    return takes_tensors(split_function)


def _cuts_of(args: tuple, keyword: dict):
    """What to split at: a number, a sequence, or positions one by one."""
    if not keyword:
        return args[0] if len(args) == 1 else args or None
    if args or not keyword.keys() <= {"sections", "indices", "indices_or_sections"}:
        raise TypeError("a split takes sections or indices")
    return next(iter(keyword.values()))


hsplit = _splitter("hsplit", "side by side: along dimension 1, of vectors along 0", 1, 1)
vsplit = _splitter("vsplit", "one below the other: along dimension 0", 0, 2)
dsplit = _splitter("dsplit", "one behind the other: along dimension 2", 2, 3)


__all__ = [
    "chunk", "dsplit", "hsplit", "split", "split_with_sizes", "tensor_split", "unbind",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "vsplit",
]  # fmt: skip
