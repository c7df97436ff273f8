"""What ``tensor[index]`` and ``tensor[index] = value`` do."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import int64, kind_of
from tapegrad.ops.convert import copy_inplace, fill_
from tapegrad.ops.create import tensor
from tapegrad.ops.index.by_tensors import check_put_dtypes, index_arrays, index_op, put_values
from tapegrad.ops.shape.broadcasting import check_expansion
from tapegrad.ops.shape.parts import select_op, slice_op
from tapegrad.ops.shape.sizes import alias_op, unsqueeze_op


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
    if type(index) is Tensor and index.dtype is int64 and index.ndim and input.ndim:
        return index_op(input, *index_arrays(input, (index,)))
    viewed, left = _apply_views(input, _items(index))
    if left:
        return index_op(viewed, *index_arrays(viewed, left))
    return alias_op(viewed) if viewed is input else viewed


def _as_value(target: Tensor, value) -> Tensor | int | float:
    if isinstance(value, (Tensor, int, float)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return Tensor._wrap(np.asarray(value))
    names = {"float32": "Float", "float64": "Double", "int64": "Long", "int32": "Int",
             "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool", "float16": "Half"}
    raise TypeError(
        f"can't assign a {kind_of(value)} to a torch.{names[target.dtype.name]}Tensor"
    )


def setitem(input: Tensor, index, value) -> None:
    """``input[index] = value``: the value is broadcast; without index tensors it is cast, too."""
    given, value = value, _as_value(input, value)
    viewed, left = _apply_views(input, _items(index))
    if left:
        if value is given and isinstance(value, Tensor) and not _fills_mask(left, value):
            check_put_dtypes(viewed, value)
        put_values(viewed, left, value)
        return
    if viewed is input and not isinstance(value, Tensor):
        value = Tensor._wrap(np.array(value, input.dtype.numpy))
    if isinstance(value, Tensor) and (value.ndim > 0 or viewed.ndim == 0):
        _check_assigned_shape(value, viewed.shape)
        extra = max(value.ndim - viewed.ndim, 0)
        copy_inplace(viewed, value.view(value.shape[extra:]) if extra else value)
    else:
        fill_(viewed, value)


def _fills_mask(left: list, value: Tensor) -> bool:
    """Whether it is one number for what masks pick, which may be cast."""
    return value.numel() == 1 and all(
        one is None or one.dtype.name in ("bool", "uint8") for one in left
    )


def _check_assigned_shape(value: Tensor, shape: tuple) -> None:
    """Unlike `copy_`, an assignment ignores leading dimensions of size 1 that are too many."""
    given = value.shape
    if given == shape:
        return
    while len(given) > len(shape) and given[0] == 1:
        given = given[1:]
    check_expansion(given, shape, value)
