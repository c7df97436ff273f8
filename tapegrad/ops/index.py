"""Indexing, reading and writing by positions."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import common_shape, normal_dim
from tapegrad.ops.convert import copy_inplace, fill_
from tapegrad.ops.create import tensor
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.shape import alias_op, check_expansion, select_op, slice_op, unsqueeze_op

# ------------------------------------------------------------------------- rows by their offsets


def _offsets(shape: tuple, strides: tuple, indices: tuple) -> np.ndarray:
    """Byte offsets of the elements that index arrays pick along the leading dimensions."""
    total = kernels.fill(kernels.empty(indices[0].shape, np.int64), 0)
    for dim, index in enumerate(indices):
        try:
            OURS["index_offsets"](index, total, total, params=(0, 0, shape[dim], strides[dim]))
        except KernelRefusal as refusal:
            raise IndexError(
                f"index {refusal.args[0]} is out of bounds for dimension {dim} with size "
                f"{shape[dim]}"
            ) from None
    return total


def _rows(array: np.ndarray, n_indexed: int) -> tuple[np.ndarray, np.ndarray]:
    """An array whose dimensions after the indexed ones are joined, and one such row."""
    joined = kernels.joined(array, n_indexed)
    return joined, joined[(0,) * n_indexed] if joined.size else joined.reshape(-1)[:0]


def _gather(source: np.ndarray, indices: tuple) -> np.ndarray:
    """The rows that indices along all leading dimensions pick."""
    joined, row = _rows(source, len(indices))
    where = _offsets(source.shape, joined.strides, indices)
    result = kernels.empty((where.size, joined.shape[-1]), source.dtype)
    if result.size:
        OURS["gather_rows"](row, where.reshape(-1), result)
    return result.reshape(where.shape + source.shape[len(indices) :])


def _scatter(kernel: str, target: np.ndarray, indices: tuple, values: np.ndarray) -> None:
    """Write or add rows at the positions that indices pick; ``target`` must be row-major."""
    joined, row = _rows(target, len(indices))
    where = _offsets(target.shape, joined.strides, indices)
    values = kernels.expanded(values, where.shape + target.shape[len(indices) :])
    rows = kernels.contiguous(values).reshape(where.size, joined.shape[-1])
    if rows.size:
        OURS[kernel](rows, where.reshape(-1), row)


class _Layout:
    """Where indexed dimensions stand: moved to the front for the kernels, and back."""

    def __init__(self, sizes: tuple, indices: tuple) -> None:
        self.sizes = sizes
        self.dims = [k for k, index in enumerate(indices) if index is not None]
        self.rest = [k for k in range(len(sizes)) if k not in self.dims]
        self.front = self.dims + self.rest
        self.arrays = np.broadcast_arrays(*(indices[k] for k in self.dims))
        together = self.dims == list(range(self.dims[0], self.dims[-1] + 1))
        lead, n_index = self.dims[0] if together else 0, self.arrays[0].ndim
        n_rest = len(self.rest)
        # Result: the index's own dimensions stand where the indexed ones stood, if these were
        # neighbours, else first.
        self.back = [
            *range(n_index, n_index + lead),
            *range(n_index),
            *range(n_index + lead, n_index + n_rest),
        ]

    def result_strides(self, strides: tuple) -> tuple[list[int], list[int]]:
        """The steps of the source and of the index along the result's dimensions; 0 for none."""
        index_shape = self.arrays[0].shape
        source = [0] * len(index_shape) + [strides[k] for k in self.rest]
        # The index has size 1 along the source's own dimensions; where that is broadcast, no step.
        sizes = [*index_shape, *[1] * len(self.rest)]
        is_broadcast = [False] * len(index_shape) + [self.sizes[k] != 1 for k in self.rest]
        index, step = [0] * len(sizes), 1
        for k in reversed(self.back):
            index[k] = 0 if is_broadcast[k] else step
            step *= sizes[k]
        return [source[k] for k in self.back], [index[k] for k in self.back]

    def indices(self) -> tuple:
        return tuple(kernels.contiguous(one) for one in self.arrays)


def _index(input: np.ndarray, indices: tuple, versions) -> np.ndarray:
    layout = _Layout(input.shape, indices)
    picked = _gather(input.transpose(layout.front), layout.indices())
    result = picked.transpose(layout.back)
    if input.flags.c_contiguous:
        return kernels.contiguous(result)
    order = _memory_order(result.shape, layout.result_strides(input.strides))
    return kernels.contiguous(result.transpose(order)).transpose(np.argsort(order))


def _memory_order(shape: tuple, operands: tuple) -> list[int]:
    """The dimensions of an indexing result from slowest to fastest in memory, as PyTorch has them.

    An insertion sort, since some pairs of dimensions cannot be compared: they stay as they stand.
    """
    order = list(reversed(range(len(shape))))
    for start in range(1, len(order)):
        at = start
        for before in range(start - 1, -1, -1):
            comparison = _compare_dims(order[before], order[at], shape, operands)
            if comparison < 0:
                break
            if comparison > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    return order[::-1]


def _compare_dims(a: int, b: int, shape: tuple, operands: tuple) -> int:
    """1 if dimension ``a`` is the slower one by the operands' strides, -1 if ``b``, else 0."""
    for strides in operands:
        if strides[a] == 0 or strides[b] == 0:
            continue
        if strides[a] != strides[b]:
            return 1 if strides[a] > strides[b] else -1
        if shape[a] > shape[b]:
            return 1
    return 0


def _values_in_front(values: np.ndarray, layout: _Layout, shape: tuple) -> np.ndarray:
    """Values of the shape of the result, with the index's dimensions moved to the front."""
    moved = [shape[k] for k in layout.front[len(layout.dims) :]]
    front_shape = (*layout.arrays[0].shape, *moved)
    result_shape = tuple(front_shape[k] for k in layout.back)
    try:
        full = kernels.broadcast_array(values, result_shape)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
            f"indexing result of shape {list(result_shape)}"
        ) from None
    return full.transpose(np.argsort(layout.back))


def _index_backward(values, shape, indices, versions) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    _put(result, indices, values, "scatter_add_rows")
    return result


def _put(target: np.ndarray, indices: tuple, values: np.ndarray, kernel: str) -> None:
    layout = _Layout(target.shape, indices)
    values = _values_in_front(values, layout, target.shape)
    if values.dtype != target.dtype:
        values = kernels.cast_array(values, target.dtype)
    moved = target.transpose(layout.front)
    work = kernels.contiguous(moved)
    _scatter(kernel, work, layout.indices(), values)
    if work is not moved:
        kernels.copy_array(moved, work)


def _check_unchanged(versions: tuple) -> None:
    """Refuse to differentiate with index tensors that were written since."""
    for index, version in versions:
        if index._version != version:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: [torch.LongTensor {list(index.shape)}] is at version "
                f"{index._version}; expected version {version} instead. Hint: enable anomaly "
                "detection to find the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            )


def _index_slope(g, shape, indices, versions):
    _check_unchanged(versions)
    return index_backward(g, shape, indices, versions)


index_op = op(
    "index",
    forward=_index,
    drops=("indices",),
    input=lambda g, input_shape, indices, versions: _index_slope(
        g, input_shape, indices, versions
    ),
    doc="The elements at positions given by index tensors.",
)
index_backward = op(
    "index_backward",
    forward=_index_backward,
    values=lambda g, indices, versions: index_op(g, indices, versions),
    doc="Zeros with values added at the positions given by index tensors.",
)


def _index_put(input, values, indices, versions, accumulate) -> None:
    _put(input, indices, values, "scatter_add_rows" if accumulate else "scatter_rows")


def _index_put_self_slope(g, indices, versions, accumulate):
    if accumulate:
        return g
    _check_unchanged(versions)
    return g.clone().index_put_(
        tuple(None if one is None else Tensor._wrap(one) for one in indices),
        Tensor._wrap(np.zeros((), g.dtype.numpy)),
    )


def _index_put_value_slope(g, indices, versions):
    _check_unchanged(versions)
    return index_op(g, indices, versions)


index_put_op = op(
    "index_put_",
    forward=_index_put,
    grad_name="IndexPutBackward0",
    writes=True,
    drops=("indices",),
    input=lambda g, indices, versions, accumulate: _index_put_self_slope(
        g, indices, versions, accumulate
    ),
    values=lambda g, indices, versions: _index_put_value_slope(g, indices, versions),
    doc="Write values at the positions given by index tensors.",
)
_index_put_inplace = InplaceOp(index_put_op)


# ------------------------------------------------------------------------- reading an index


def _index_arrays(input: Tensor, indices) -> tuple[tuple, tuple]:
    """Index tensors as int64 arrays, masks as the positions where they hold, and their versions."""
    arrays: list[np.ndarray | None] = []
    versions: list[tuple[Tensor, int]] = []
    for index in indices:
        if index is None:
            arrays.append(None)
            continue
        if index.dtype.name in ("bool", "uint8"):
            _check_mask(input, index, len(arrays))
            arrays.extend(_positions(index.detach().numpy()))
            continue
        if index.dtype.name not in ("int64", "int32"):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        arrays.append(index.long().detach().numpy())
        versions.append((index, index._version))
    if len(arrays) > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
    try:
        np.broadcast_shapes(*(one.shape for one in arrays if one is not None))
    except ValueError:
        shapes = ", ".join(str(list(one.shape)) for one in arrays if one is not None)
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            f"{shapes}"
        ) from None
    return (*arrays, *[None] * (input.ndim - len(arrays))), tuple(versions)


def _check_mask(input: Tensor, mask: Tensor, at: int) -> None:
    for k, size in enumerate(mask.shape):
        if at + k >= input.ndim:
            raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
        if input.shape[at + k] != size:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {k} does not match the shape "
                f"of the indexed tensor {list(input.shape)} at index {at + k}"
            )


def _positions(mask: np.ndarray) -> tuple:
    """For each dimension of a mask the positions where it holds, in row-major order."""
    if mask.dtype != np.bool_:
        mask = kernels.cast_array(mask, np.bool_)
    flat = kernels.contiguous(mask).reshape(-1)
    count = int(kernels.reduce(OURS["count_nonzero"], flat, None, False))
    found = kernels.empty((count,), np.int64)
    if count:
        OURS["nonzero"](flat, found)
    return np.unravel_index(found, mask.shape)


def _as_index(item):
    """An index as PyTorch understands it: lists and arrays of positions become tensors."""
    if isinstance(item, (Tensor, int, slice)) or item is None or item is Ellipsis:
        return item
    if isinstance(item, (np.ndarray, list, tuple, range)):
        positions = tensor(item)
        return positions if positions.dtype.name in ("bool", "uint8") else positions.long()
    if isinstance(item, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
    try:
        return operator.index(item)
    except TypeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            f"valid indices (got {type(item).__name__})"
        ) from None


def _consumed(item) -> int:
    """How many dimensions of the tensor an index item uses up."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.dtype.name in ("bool", "uint8"):
        return item.ndim
    return 1


def _select(input: Tensor, dim: int, index: int, position: int) -> Tensor:
    """One position along a dimension; errors name it by the position in the index."""
    if input.ndim == 0:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    size = input.size(dim)
    if not -size <= index < size:
        if not -(2**63) <= index < 2**63:
            raise ValueError("Overflow when unpacking long long")
        raise IndexError(
            f"index {index} is out of bounds for dimension {position} with size {size}"
        )
    return select_op(input, dim, index % size)


def _slice(input: Tensor, dim: int, item: slice, keep_whole: bool) -> Tensor:
    if input.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    size = input.size(dim)
    start, stop, step = item.indices(size)
    if step < 0:
        raise ValueError("step must be greater than zero")
    if keep_whole and (start, stop, step) == (0, size, 1):
        return input
    return slice_op(input, dim, start, max(start, stop), step)


def _apply_views(input: Tensor, items: list) -> tuple[Tensor, list]:
    """Do the views of an index; what is left is one index tensor, or None, a dimension."""
    specified = sum(_consumed(item) for item in items)
    if specified > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
    result, dim = input, 0
    left: list[Any] = []

    def note(index: Tensor) -> None:
        left.extend([None] * (dim - len(left)))
        left.append(index)

    for position, item in enumerate(items):
        if isinstance(item, bool):
            result = unsqueeze_op(result, dim)
            note(Tensor._wrap(np.array([item])))
            dim += 1
        elif isinstance(item, int):
            result = _select(result, dim, item, position)
        elif isinstance(item, slice):
            result = _slice(result, dim, item, True)
            dim += 1
        elif item is Ellipsis:
            dim += input.ndim - specified
        elif item is None:
            result = unsqueeze_op(result, dim)
            dim += 1
        elif item.ndim == 0 and item.dtype.name not in ("bool", "uint8"):
            _check_index_dtype(item)
            result = _select(result, dim, int(item), position)
        else:
            if item.ndim == 0:
                result = unsqueeze_op(result, dim)
                item = item.reshape(1)
            note(item)
            # A mask of several dimensions stands for as many index tensors.
            dim += max(_consumed(item), 1)
            if _consumed(item) > 1:
                left.extend([_PART_OF_MASK] * (_consumed(item) - 1))
    return result, [one for one in left if one is not _PART_OF_MASK]


_PART_OF_MASK = object()


def _check_index_dtype(item: Tensor) -> None:
    if item.is_floating_point():
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")


def _items(index) -> list:
    if isinstance(index, tuple):
        return [_as_index(item) for item in index]
    return [_as_index(index)]


def getitem(input: Tensor, index) -> Tensor:
    """``input[index]``: views for numbers, slices, None and ``...``; a copy for index tensors."""
    if type(index) is int:
        return _select(input, 0, index, 0)
    if type(index) is slice:
        return _slice(input, 0, index, False)
    viewed, left = _apply_views(input, _items(index))
    if left:
        return index_op(viewed, *_index_arrays(viewed, left))
    return alias_op(viewed) if viewed is input else viewed


def _as_value(target: Tensor, value) -> Tensor | int | float:
    if isinstance(value, (Tensor, int, float)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return Tensor._wrap(np.asarray(value))
    names = {"float32": "Float", "float64": "Double", "int64": "Long", "int32": "Int",
             "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool", "float16": "Half"}
    raise TypeError(
        f"can't assign a {type(value).__name__} to a torch.{names[target.dtype.name]}Tensor"
    )


def setitem(input: Tensor, index, value) -> None:
    """``input[index] = value``: the value is broadcast and cast."""
    value = _as_value(input, value)
    viewed, left = _apply_views(input, _items(index))
    if left:
        _put_values(viewed, left, value)
        return
    if viewed is input and not isinstance(value, Tensor):
        value = Tensor._wrap(np.array(value, input.dtype.numpy))
    if isinstance(value, Tensor) and (value.ndim > 0 or viewed.ndim == 0):
        _check_assigned_shape(value, viewed.shape)
        extra = max(value.ndim - viewed.ndim, 0)
        copy_inplace(viewed, value.view(value.shape[extra:]) if extra else value)
    else:
        fill_(viewed, value)


def _check_assigned_shape(value: Tensor, shape: tuple) -> None:
    """Unlike `copy_`, an assignment ignores leading dimensions of size 1 that are too many."""
    given = value.shape
    if given == shape:
        return
    while len(given) > len(shape) and given[0] == 1:
        given = given[1:]
    check_expansion(given, shape, value)


def _put_values(target: Tensor, left: list, value, accumulate: bool = False) -> None:
    arrays, versions = _index_arrays(target, left)
    if not isinstance(value, Tensor):
        value = Tensor._wrap(np.asarray(value, target.dtype.numpy))
    _index_put_inplace(target, value, arrays, versions, accumulate)


@method()
def index_put_(self: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """Write ``values`` at the positions given by index tensors; ``accumulate`` adds them up."""
    if values.dtype is not self.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got "
            f"{kernels.TYPE_NAMES[self.dtype.numpy.num]} for the destination and "
            f"{kernels.TYPE_NAMES[values.dtype.numpy.num]} for the source."
        )
    _put_values(self, list(indices), values, accumulate)
    return self


@method()
def index_put(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with ``values`` written at the positions given by index tensors."""
    return index_put_(input.clone(), indices, values, accumulate)


@method()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not zero: (count, ndim), or a tuple a dimension."""
    array = input.detach().numpy()
    if as_tuple:
        positions = _positions(array.reshape(1) if array.ndim == 0 else array)
        return tuple(Tensor._wrap(np.ascontiguousarray(one)) for one in positions)
    if array.ndim == 0:
        return Tensor._wrap(np.zeros((int(bool(array)), 0), np.int64))
    return Tensor._wrap(np.ascontiguousarray(np.stack(_positions(array), axis=1)))


# ------------------------------------------------------------------------- along one dimension


def _along(index: np.ndarray, dim: int) -> tuple:
    """An index tensor for every dimension: the given one along ``dim``, positions elsewhere."""
    return tuple(
        index if k == dim
        else np.arange(size).reshape([-1 if j == k else 1 for j in range(index.ndim)])
        for k, size in enumerate(index.shape)
    )  # fmt: skip


def _check_gather(name: str, input: Tensor, dim: int, index: Tensor) -> None:
    if index.dtype.name != "int64":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if index.ndim != input.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for k in range(input.ndim):
        if k != dim and index.shape[k] > input.shape[k]:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {list(index.shape)} to be no "
                f"larger than self {list(input.shape)} apart from dimension {dim}"
            )


def _gather_along(input: np.ndarray, dim, index) -> np.ndarray:
    return _gather(input, tuple(np.broadcast_arrays(*_along(index, dim))))


def _scatter_along(values, shape, dim, index) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    positions = tuple(kernels.contiguous(one) for one in np.broadcast_arrays(*_along(index, dim)))
    _scatter("scatter_add_rows", result, positions, values)
    return result


gather_op = op(
    "gather",
    forward=_gather_along,
    drops=("index",),
    input=lambda g, input_shape, dim, index: gather_backward(g, input_shape, dim, index),
    doc="Elements picked along a dimension.",
)
gather_backward = op(
    "gather_backward",
    forward=_scatter_along,
    drops=("index",),
    values=lambda g, dim, index: gather_op(g, dim, index),
    doc="Zeros with values added at positions along a dimension.",
)


@method()
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on."""
    dim = normal_dim(dim, input.ndim)
    _check_gather("gather", input, dim, index)
    return gather_op(input, dim, index) if input.ndim else input.clone()


@method()
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The positions ``index`` along a dimension."""
    dim = normal_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    positions = np.atleast_1d(index.long().detach().numpy())
    return index_select_op(input, dim, Tensor._wrap(positions))


index_select_op = op(
    "index_select",
    forward=lambda input, dim, index: _index(input, _on_dim(input.ndim, dim, index), ()),
    drops=("index",),
    input=lambda g, input_shape, dim, index: index_backward(
        g, input_shape, _on_dim(len(input_shape), dim, index.numpy()), ()
    ),
    doc="Positions along a dimension.",
)


def _on_dim(ndim: int, dim: int, index: np.ndarray) -> tuple:
    return tuple(index if k == dim else None for k in range(ndim))


# ------------------------------------------------------------------------- masks


def _masked_fill(input: np.ndarray, mask: np.ndarray, value) -> np.ndarray:
    filler = kernels.fill(kernels.empty((), input.dtype), value)
    return kernels.pointwise(OURS["where"], mask, filler, input, dtype=input.dtype)


masked_fill_op = op(
    "masked_fill",
    forward=_masked_fill,
    inplace=False,
    input=lambda g, mask: where_op(mask, 0.0, g),
    doc="A number where a mask holds.",
)
masked_fill_tensor_op = op(
    "masked_fill_tensor",
    forward=lambda input, mask, value: kernels.pointwise(
        OURS["where"], mask, value, input, dtype=input.dtype
    ),
    grad_name="MaskedFillBackward1",
    input=lambda g, mask: where_op(mask, 0.0, g),
    value=lambda g, mask: where_op(mask, g, 0.0).sum(),
    doc="The value of a 0-d tensor where a mask holds.",
)
_masked_fill_inplace = InplaceOp(masked_fill_op)
_masked_fill_tensor_inplace = InplaceOp(masked_fill_tensor_op)


def _check_mask_dtype(mask) -> None:
    if not isinstance(mask, Tensor) or mask.dtype.name != "bool":
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{str(kind).removeprefix('torch.')}"
        )


@method()
def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """``value`` where the mask holds, else the tensor's elements."""
    _check_mask_dtype(mask)
    if isinstance(value, Tensor):
        return masked_fill_tensor_op(input, mask, value.to(input.dtype))
    return masked_fill_op(input, mask, value)


@method()
def masked_fill_(self: Tensor, mask: Tensor, value) -> Tensor:
    """In-place form of :func:`masked_fill`."""
    _check_mask_dtype(mask)
    if isinstance(value, Tensor):
        return _masked_fill_tensor_inplace(self, mask, value.to(self.dtype))
    return _masked_fill_inplace(self, mask, value)


@method()
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension."""
    shape = common_shape(mask.shape, input.shape)
    return input.expand(shape)[mask.expand(shape)]


def take_rows(weight: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Rows of a matrix by an index array of any shape. Raises IndexError outside it."""
    try:
        return _gather(weight, (index,))
    except IndexError:
        raise IndexError("index out of range in self") from None


def add_rows(shape: tuple, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A matrix of zeros with rows added at an index."""
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    _scatter("scatter_add_rows", result, (index,), values)
    return result


