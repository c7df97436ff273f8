"""What ``tensor[index]`` and ``tensor[index] = value`` do."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import float16, int64, kind_of
from tapegrad.ops._dims import check_expansion
from tapegrad.ops.convert import copy_inplace, fill_tensor_inplace
from tapegrad.ops.index.by_tensors import (
    check_put_dtypes,
    fills_mask,
    index_arrays,
    index_op,
    index_put_inplace,
    put_values,
)
from tapegrad.ops.index.items import apply_views, cut, select
from tapegrad.ops.shape.sizes import alias_op


def _has_numbers(index: object) -> bool:
    """Whether an index is one tensor of numbers, which needs no view to be made first."""
    return type(index) is Tensor and index.dtype is int64 and index.ndim > 0


def getitem(input: Tensor, index) -> Tensor:
    """``input[index]``: views for numbers, slices, None and ``...``; a copy for index tensors."""
    if type(index) is int:
        return select(input, 0, index, 0)
    if type(index) is slice:
        return cut(input, 0, index, False)
    if _has_numbers(index) and input.ndim:
        return index_op(input, *index_arrays(input, (index,)))
    viewed, left = apply_views(input, index)
    if left:
        return index_op(viewed, *index_arrays(viewed, left))
    return alias_op(viewed) if viewed is input else viewed


def _as_value(target: Tensor, value) -> Tensor | float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("Overflow when unpacking long long")
    if isinstance(value, (Tensor, float, int)):
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
    has_numbers = _has_numbers(index) and input.ndim > 0
    if has_numbers and _is_put_as_it_is(input, value):
        index_put_inplace(input, value, *index_arrays(input, (index,)), False)
        return
    given, value = value, _as_value(input, value)
    viewed, left = (input, [index]) if has_numbers else apply_views(input, index)
    if left:
        if value is given and isinstance(value, Tensor) and not fills_mask(left, value):
            check_put_dtypes(viewed, left, value)
        if isinstance(value, Tensor) and value.ndim and len(value) == 1:
            value = value.view(_without_leading_ones(value.shape))
        put_values(viewed, left, value)
        return
    if not isinstance(value, Tensor) and (viewed is input or input.dtype is float16):
        value = Tensor._wrap(kernels.element(value, input.dtype.numpy.num))
    if isinstance(value, Tensor) and (value.ndim > 0 or viewed.ndim == 0):
        _check_assigned_shape(value, viewed.shape)
        extra = max(value.ndim - viewed.ndim, 0)
        value = value.view(value.shape[extra:]) if extra else value
        copy_inplace(viewed, value if value.shape == viewed.shape else value.expand(viewed.shape))
    else:
        fill_tensor_inplace(viewed, value)


def _is_put_as_it_is(input: Tensor, value) -> bool:
    """Whether a value is a tensor of the dtype, with no leading dimension that it would lose."""
    return type(value) is Tensor and value.dtype is input.dtype \
        and value.ndim > 0 and value.shape[0] != 1


def _without_leading_ones(shape: tuple) -> tuple:
    """The shape of a value as an assignment has it, unlike `index_put_` and `copy_`."""
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


def _check_assigned_shape(value: Tensor, shape: tuple) -> None:
    """Refuse what does not expand to a shape, whatever its leading dimensions of size 1."""
    if value.shape != shape:
        check_expansion(_without_leading_ones(value.shape), shape, value)
