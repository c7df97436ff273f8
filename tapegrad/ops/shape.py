"""Views of a tensor, and joining tensors: no arithmetic on elements."""

from __future__ import annotations

import functools
import math
import operator

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import geometry_of, register_copy_slices
from tapegrad._tensor import Tensor, attach_method, register_view_maker
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import common_shape, inferred_shape, normal_dim, normal_dims, sizes_of
from tapegrad.ops.convert import contiguous_op
from tapegrad.ops.promotion import promote_types

# ------------------------------------------------------------------------- plain views

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
select_op = op(
    "select",
    forward=lambda input, dim, index: input[(slice(None),) * dim + (index, ...)],
    is_view=True,
    input=lambda g, input_shape, dim, index: select_backward(g, input_shape, dim, index),
    doc="One position along a dimension, which goes.",
)
slice_op = op(
    "slice",
    forward=lambda input, dim, start, stop, step: input[
        (slice(None),) * dim + (slice(start, stop, step),)
    ],
    is_view=True,
    input=lambda g, input_shape, dim, start, stop, step: slice_backward(
        g, input_shape, dim, start, stop, step
    ),
    doc="A range of positions along a dimension.",
)
diagonal_op = op(
    "diagonal",
    forward=lambda input, offset, dim1, dim2: _writeable_diagonal(input, offset, dim1, dim2),
    is_view=True,
    input=lambda g, input_shape, offset, dim1, dim2: diagonal_backward(
        g, input_shape, offset, dim1, dim2
    ),
    doc="The elements where two dimensions' positions differ by an offset.",
)


def _swapped(input: np.ndarray, dim0: int, dim1: int) -> np.ndarray:
    dim0, dim1 = normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim)
    return input.swapaxes(dim0, dim1) if input.ndim else input[...]


def _writeable_diagonal(input, offset, dim1, dim2):
    diagonal = input.diagonal(offset, dim1, dim2)
    if input.flags.writeable:
        diagonal.flags.writeable = True
    return diagonal


def _placed(g: np.ndarray, shape: tuple, place) -> np.ndarray:
    """Zeros of a shape with values at the place that a view names."""
    result = kernels.fill(kernels.empty(shape, g.dtype), 0)
    kernels.copy_array(place(result), g)
    return result


select_backward = op(
    "select_backward",
    forward=lambda g, shape, dim, index: _placed(
        g, shape, lambda zeros: zeros[(slice(None),) * dim + (index, ...)]
    ),
    params=("values", "shape", "dim", "index"),
    values=lambda g, dim, index: g.select(dim, index),
    doc="Zeros with values at one position along a dimension.",
)
slice_backward = op(
    "slice_backward",
    forward=lambda g, shape, dim, start, stop, step: _placed(
        g, shape, lambda zeros: zeros[(slice(None),) * dim + (slice(start, stop, step),)]
    ),
    params=("values", "shape", "dim", "start", "stop", "step"),
    values=lambda g, dim, start, stop, step: slice_op(g, dim, start, stop, step),
    doc="Zeros with values at a range along a dimension.",
)
diagonal_backward = op(
    "diagonal_backward",
    forward=lambda g, shape, offset, dim1, dim2: _placed(
        g, shape, lambda zeros: _writeable_diagonal(zeros, offset, dim1, dim2)
    ),
    params=("values", "shape", "offset", "dim1", "dim2"),
    values=lambda g, offset, dim1, dim2: g.diagonal(offset, dim1, dim2),
    doc="Zeros with values on a diagonal.",
)

# ------------------------------------------------------------------------- several outputs

unbind_op = op(
    "unbind",
    forward=lambda input, dim: [input[(slice(None),) * dim + (k, ...)]
                                for k in range(input.shape[dim])],
    is_view=True,
    outputs=("first",),
    input=lambda grads, input_shape, dim: _stacked(grads, input_shape, dim),
    doc="The slices along a dimension, which goes.",
)  # fmt: skip


def _stacked(grads, shape, dim):
    missing = shape[:dim] + shape[dim + 1 :]
    return stack([_zeros(missing, grads) if g is None else g for g in grads], dim)


def _zeros(shape, grads) -> Tensor:
    """A zero gradient in the dtype of those that came."""
    dtype = next(g.dtype for g in grads if g is not None).numpy
    return Tensor._wrap(kernels.fill(kernels.empty(shape, dtype), 0))


def _pieces(input: np.ndarray, dim: int, sizes) -> list[np.ndarray]:
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return [
        input[(slice(None),) * dim + (slice(start, start + size),)]
        for start, size in zip(starts, sizes, strict=False)
    ]


def _joined(grads, shape, dim, sizes):
    parts = [
        _zeros((*shape[:dim], size, *shape[dim + 1 :]), grads) if g is None else g
        for g, size in zip(grads, sizes, strict=True)
    ]
    return cat(parts, dim)


def _split_op(name: str, grad_name: str):
    return op(
        name,
        forward=lambda input, dim, sizes: _pieces(input, dim, sizes),
        grad_name=grad_name,
        is_view=True,
        outputs=("first",),
        input=lambda grads, input_shape, dim, sizes: _joined(grads, input_shape, dim, sizes),
        doc="Consecutive ranges along a dimension.",
    )


split_op = _split_op("split", "SplitBackward0")
split_with_sizes_op = _split_op("split_with_sizes", "SplitWithSizesBackward0")

# ------------------------------------------------------------------------- joining


def _cat(tensors: list, dim: int, sizes: tuple) -> np.ndarray:
    shape = list(tensors[0].shape)
    shape[dim] = sum(sizes)
    result = kernels.empty(shape, tensors[0].dtype)
    for piece, source in zip(_pieces(result, dim, sizes), tensors, strict=True):
        kernels.copy_array(piece, source)
    return result


cat_op = op(
    "cat",
    forward=_cat,
    takes_sequence=True,
    inputs=("tensors",),
    gradients=lambda g, dim, sizes: split_with_sizes_op(g, dim, sizes),
    doc="Tensors joined along a dimension.",
)


def _stack(tensors: list, dim: int) -> np.ndarray:
    shape = list(tensors[0].shape)
    shape.insert(dim, len(tensors))
    result = kernels.empty(shape, tensors[0].dtype)
    for k, source in enumerate(tensors):
        kernels.copy_array(result[(slice(None),) * dim + (k, ...)], source)
    return result


stack_op = op(
    "stack",
    forward=_stack,
    takes_sequence=True,
    inputs=("tensors",),
    gradients=lambda g, dim: unbind_op(g, dim),
    doc="Tensors of one shape joined along a new dimension.",
)


def _promoted(tensors) -> list[Tensor]:
    dtypes = {tensor.dtype for tensor in tensors}
    if len(dtypes) == 1:
        return list(tensors)
    dtype = functools.reduce(promote_types, dtypes)
    return [tensor.to(dtype) for tensor in tensors]


def _check_tensors(name: str, tensors) -> None:
    if isinstance(tensors, Tensor) or not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    for k, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 0, but got {type(tensor).__name__}"
            )


def cat(tensors, dim: int = 0, *, out=None) -> Tensor:
    """Tensors joined along an existing dimension; the other sizes must agree."""
    _check_tensors("cat", tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    tensors = _promoted(tensors)
    for k, tensor in enumerate(tensors):
        if tensor.ndim == 0:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {k}) cannot be concatenated"
            )
    shaped = [one for one in tensors if one.shape != (0,)] or tensors[:1]
    dim = normal_dim(dim, shaped[0].ndim)
    _check_cat_shapes(tensors, shaped[0], dim)
    used = tensors if shaped[0].ndim == 1 else shaped
    return cat_op(tuple(used), dim, tuple(one.shape[dim] for one in used))


def _check_cat_shapes(tensors, first, dim: int) -> None:
    for k, tensor in enumerate(tensors):
        if tensor.shape == (0,):
            continue
        if tensor.ndim != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {tensor.ndim}"
            )
        for axis in range(first.ndim):
            if axis != dim and tensor.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size "
                    f"{first.shape[axis]} but got size {tensor.shape[axis]} for tensor number {k} "
                    "in the list."
                )


def stack(tensors, dim: int = 0, *, out=None) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    _check_tensors("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0].shape
    for k, tensor in enumerate(tensors):
        if tensor.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor.shape)} at entry {k}"
            )
    return stack_op(tuple(_promoted(tensors)), normal_dim(dim, len(first) + 1))


# ------------------------------------------------------------------------- methods


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
def repeat(input: Tensor, *sizes) -> Tensor:
    """The tensor copied side by side, ``sizes[k]`` times along dimension k."""
    times = sizes_of("repeat", sizes, name="repeats")
    if len(times) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    shape = (1,) * (len(times) - input.ndim) + tuple(input.shape)
    spread = reshape(input, [one for size in shape for one in (1, size)])
    spread = expand(spread, [one for pair in zip(times, shape, strict=True) for one in pair])
    return reshape(spread.contiguous(), [n * size for n, size in zip(times, shape, strict=True)])


@method()
def movedim(input: Tensor, source, destination) -> Tensor:
    """Dimensions moved to new places, as a view."""
    sources, targets = normal_dims(source, input.ndim), normal_dims(destination, input.ndim)
    rest = [k for k in range(input.ndim) if k not in sources]
    for target, dim in sorted(zip(targets, sources, strict=True)):
        rest.insert(target, dim)
    return permute_op(input, tuple(rest))


@method()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which goes, as views."""
    if input.ndim == 0:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    return unbind_op(input, normal_dim(dim, input.ndim))


@method()
def split(tensor: Tensor, split_size_or_sections, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive ranges along a dimension, as views: of one size, or of the sizes in a list."""
    dim = normal_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    if isinstance(split_size_or_sections, (tuple, list)):
        return _split_by_sizes(tensor, [operator.index(one) for one in split_size_or_sections], dim)
    size = operator.index(split_size_or_sections)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and total > 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    sizes = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
    return split_op(tensor, dim, tuple(sizes))


def _split_by_sizes(tensor: Tensor, sizes: list[int], dim: int) -> tuple[Tensor, ...]:
    total = tensor.shape[dim]
    if any(size < 0 for size in sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={sizes}"
        )
    if sum(sizes) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size "
            f"at dimension {dim}), but got split_sizes={sizes}"
        )
    return split_with_sizes_op(tensor, dim, tuple(sizes))


@method()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` ranges of equal size along a dimension, as views."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = normal_dim(dim, input.ndim)
    return split(input, -(-input.shape[dim] // chunks) or 1, dim)


@method()
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One position along a dimension, which goes, as a view."""
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at "
            f"dimension {dim}"
        )
    return select_op(input, dim, operator.index(index) % size)


@method()
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """``length`` positions from ``start`` on along a dimension, as a view."""
    dim = normal_dim(dim, input.ndim)
    size, start = input.shape[dim], int(start)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-size}, {size}], "
            f"but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(
            f"start ({start}) + length ({length}) exceeds dimension size ({size})."
        )
    return slice_op(input, dim, start, start + length, 1)


@method()
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements where two dimensions' positions differ by ``offset``, as a view."""
    dim1, dim2 = normal_dim(dim1, input.ndim), normal_dim(dim2, input.ndim)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_op(input, offset, dim1, dim2)


for _alias, _of in {"swapaxes": transpose, "swapdims": transpose, "moveaxis": movedim}.items():
    attach_method(_alias, _of)

# ------------------------------------------------------------------------- views of a changed base
#
# A geometry is (base shape, base strides, shape, strides, offset) in elements: how one view lies in
# the memory of its base. The ops below are linear, and each other's gradients.


def _base_memory(geometry: tuple, dtype) -> tuple[np.ndarray, np.ndarray]:
    """Zeros laid out like the base's memory: the base's array over them, and the view's."""
    base_shape, base_strides, shape, strides, offset = geometry
    first = max(0, -offset)
    reach = max(_reach(base_shape, base_strides), offset + _reach(shape, strides))
    flat = kernels.fill(kernels.empty((first + reach,), dtype), 0)
    return (
        kernels.strided(flat, base_shape, base_strides, first),
        kernels.strided(flat, shape, strides, first + offset),
    )


def _reach(shape, strides) -> int:
    """How many elements of memory lie from the first to the last one of a view."""
    if 0 in shape:
        return 0
    return 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))


def _slice_of(g: np.ndarray, geometry: tuple) -> np.ndarray:
    base, view = _base_memory(geometry, g.dtype)
    kernels.copy_array(base, g)
    return kernels.cast_array(view, g.dtype)


def _slice_cleared(g: np.ndarray, geometry: tuple) -> np.ndarray:
    base, view = _base_memory(geometry, g.dtype)
    kernels.copy_array(base, g)
    kernels.fill(view, 0)
    return kernels.contiguous(base)


def _slice_scattered(g: np.ndarray, geometry: tuple) -> np.ndarray:
    g, geometry = _repeats_summed(g, geometry)
    base, view = _base_memory(geometry, g.dtype)
    kernels.OURS["accumulate"](g, view)
    return kernels.contiguous(base)


def _repeats_summed(g: np.ndarray, geometry: tuple) -> tuple[np.ndarray, tuple]:
    """Values for a view that repeats elements, summed over repeats, and the view without them."""
    base_shape, base_strides, shape, strides, offset = geometry
    repeats = tuple(k for k, (n, step) in enumerate(zip(shape, strides, strict=True))
                    if step == 0 and n > 1)  # fmt: skip
    if not repeats:
        return g, geometry
    shape = tuple(1 if k in repeats else n for k, n in enumerate(shape))
    g = kernels.reduce(kernels.OURS["sum"], g, repeats, True)
    return g, (base_shape, base_strides, shape, strides, offset)


slice_of = op(
    "slice_of", forward=_slice_of, params=("input", "geometry"),
    input=lambda g, geometry: slice_scattered(g, geometry),
    doc="The part of a base that a view with this geometry shows.",
)  # fmt: skip
slice_cleared = op(
    "slice_cleared", forward=_slice_cleared, params=("input", "geometry"),
    input=lambda g, geometry: slice_cleared(g, geometry),
    doc="A base with the part that a view shows set to zero.",
)  # fmt: skip
slice_scattered = op(
    "slice_scattered", forward=_slice_scattered, params=("input", "geometry"),
    input=lambda g, geometry: slice_of(g, geometry),
    doc="Zeros of the base's shape with values added where the view lies.",
)  # fmt: skip
as_strided_op = op(
    "as_strided",
    forward=lambda input, geometry, view: view,
    is_view=True,
    input=lambda g, geometry: slice_scattered(g, geometry),
    doc="A view made anew from its base.",
)
copy_slices = op(
    "copy_slices",
    forward=lambda base, values, geometry: None,
    grad_name="CopySlices",
    base=lambda g, geometry: slice_cleared(g, geometry),
    values=lambda g, geometry: slice_of(g, geometry),
    doc="A base after a write through one of its views; the engine records it.",
)


@method()
def as_subclass(input: Tensor, cls: type) -> Tensor:
    """The same tensor, history and all, as an instance of a subclass."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not "
            "possible. Make sure your class inherits from Tensor."
        )
    return Tensor._of_class(cls, alias_op(input))


register_copy_slices(copy_slices)
register_view_maker(lambda base, view: as_strided_op(base, geometry_of(base, view), view))


@method()
def as_strided(input: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    """A view of any sizes and strides, in elements, into the memory in which the tensor lies.

    ``storage_offset`` counts from where that memory starts, and is the tensor's own unless given.
    Raises RuntimeError for a view that would leave the memory.
    """
    size, stride = tuple(size), tuple(stride)
    base = input if input._base is None else input._base
    offset = input.storage_offset() if storage_offset is None else storage_offset
    memory = _reach(base.shape, base.stride())
    _check_strided(size, stride, offset, memory, input.itemsize)
    if input.requires_grad and 0 in input.stride():
        raise RuntimeError(
            "as_strided: a tensor with several elements at one location of memory, as expand() "
            "makes them, has no gradient here. Please clone() it before."
        )
    flat = np.lib.stride_tricks.as_strided(base._array, (memory,), (input.itemsize,))
    view = Tensor._wrap(kernels.strided(flat, size, stride, offset))
    geometry = (input.shape, input.stride(), size, stride, offset - input.storage_offset())
    return as_strided_op(input, geometry, view)


def _check_strided(size: tuple, stride: tuple, offset: int, memory: int, itemsize: int) -> None:
    """Refuse a geometry that is none, or that leaves the memory, with PyTorch's texts."""
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(stride)}"
        )
    if any(n < 0 for n in size):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    needed = _reach(size, stride) and offset + _reach(size, stride)
    if needed > memory:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {itemsize} requiring a storage size of {needed * itemsize} are out of "
            f"bounds for storage of size {memory * itemsize}"
        )
