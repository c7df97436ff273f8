"""Tensors made from data: numbers, sequences, arrays."""

from __future__ import annotations

import functools
import warnings
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._limits import iinfo
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._arguments import check_device, finished
from tapegrad.ops._declare import method, reads_numpy, takes_tensors
from tapegrad.ops.create.literals import array_of_literals
from tapegrad.ops.promotion import promote_types

_MOST_DIMS = 128
_NO_SEQUENCES = (Tensor, np.generic, dict, MappingProxyType, str, bytes)


def is_sequence(data) -> bool:
    """Whether data has elements by number: lists above all, but also what only behaves as one."""
    if isinstance(data, (list, tuple, range, np.ndarray)):
        return True
    if isinstance(data, (int, float)):
        return False
    return hasattr(type(data), "__getitem__") and not isinstance(data, _NO_SEQUENCES)


def _nested_shape(data) -> list[int]:
    """The sizes of nested sequences, read off the first element of each."""
    shape: list[int] = []
    while is_sequence(data):
        if len(shape) == _MOST_DIMS:
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        shape.append(len(data))
        if not shape[-1]:
            break
        data = _first(data)
        if isinstance(data, str):
            raise ValueError("too many dimensions 'str'")
    return shape


def _first(data):
    try:
        return data[0]
    except Exception as error:
        kind = _types.kind_of(data)
        raise ValueError(f"could not determine the shape of object type '{kind}'") from error


def _collect(data, shape: list[int], depth: int, leaves: list) -> None:
    """Gather the innermost elements in order; refuse sequences of unequal length."""
    if depth == len(shape):
        leaves.append(data)
        return
    if not is_sequence(data) or (isinstance(data, np.ndarray) and not data.ndim):
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})"
        )
    if depth == len(shape) - 1:
        leaves.extend(data)
        return
    is_last_but_one = depth == len(shape) - 2
    for one in data:
        if is_last_but_one and type(one) is list and len(one) == shape[-1]:
            leaves += one
        else:
            _collect(one, shape, depth + 1, leaves)


def _natural_dtype(value) -> _types.dtype:
    """The dtype that a value has by itself; of a sequence, what its elements promote to."""
    if isinstance(value, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{_types.kind_of(value)}'")
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, np.generic):
        return _types.BY_NUMPY_NUMBER[_supported(np.asarray(value)).dtype.num]
    if isinstance(value, bool):
        return _types.bool
    if isinstance(value, int):
        return _types.int64
    if isinstance(value, float):
        return get_default_dtype()
    if not is_sequence(value):
        raise RuntimeError(f"Could not infer dtype of {_types.kind_of(value)}")
    if any(one is value for one in value):
        raise TypeError("new(): self-referential lists are incompatible")
    return _promoted_dtype(value)


def _promoted_dtype(values) -> _types.dtype:
    # Python's own numbers are many and of few types: one of each type tells as much as all.
    kinds = set(map(type, values))
    if kinds == {float}:
        return get_default_dtype()
    if kinds == {int}:
        return _types.int64
    samples = [kind() for kind in kinds] if kinds <= _PYTHON_NUMBERS else values
    dtypes = map(_natural_dtype, samples)
    return functools.reduce(promote_types, dtypes) if samples else get_default_dtype()


_PYTHON_NUMBERS = {bool, int, float}


def _as_number(value, dtype: _types.dtype):
    """One element as a Python number."""
    if isinstance(value, Tensor):
        if value.numel() != 1 and not value.is_floating_point():
            raise TypeError(
                "only integer tensors of a single element can be converted to an index"
            )
        if value.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return value.item()
    if isinstance(value, np.generic):
        is_whole = isinstance(value, (np.integer, float))
        if not (dtype.is_floating_point or is_whole or dtype.name == value.dtype.name):
            raise TypeError(f"'{_types.kind_of(value)}' object cannot be interpreted as an integer")
        return value.item()
    if isinstance(value, (bool, int, float)):
        return value
    kind = type(value).__name__
    if dtype.is_floating_point:
        raise TypeError(f"must be real number, not {kind}")
    raise TypeError(f"'{kind}' object cannot be interpreted as an integer")


def _array_of(data, dtype: _types.dtype | None) -> np.ndarray:
    """A fresh array of Python data: whole numbers become int64, others the default dtype."""
    array = array_of_literals(data, dtype)
    if array is not None:
        return array
    kind = type(data)
    if kind in _PYTHON_NUMBERS:
        return _array_of_numbers([data], dtype or _natural_dtype(data)).reshape(())
    if kind is list and data and _PYTHON_NUMBERS.issuperset(map(type, data)):
        return _array_of_numbers(data, dtype or _promoted_dtype(data))
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{_types.kind_of(data)}'")
    shape = _nested_shape(data)
    leaves: list[Any] = []
    if 0 not in shape:
        _collect(data, shape, 0, leaves)
    is_plain = _PYTHON_NUMBERS.issuperset(map(type, leaves))
    if dtype is None and is_plain and kind is list and set(map(type, data)) == {list}:
        dtype = _promoted_dtype(leaves)
    if dtype is None:
        given = data if isinstance(data, (list, tuple)) else ()
        arrays = [one for one in given if isinstance(one, np.ndarray)]
        for one in arrays:
            _check_kind(one)
        dtype = _promoted_dtype(leaves or [one.dtype.type() for one in arrays])
    if not is_plain:
        leaves = [_as_number(one, dtype) for one in leaves]
    return _array_of_numbers(leaves, dtype).reshape(shape)


def _array_of_numbers(values: list, dtype: _types.dtype) -> np.ndarray:
    """Python's own numbers as a vector."""
    if dtype.is_floating_point:
        wide = np.array(values, np.float64)
        return wide if dtype is _types.float64 else kernels.cast_array(wide, dtype.numpy)
    if dtype is _types.bool:
        return np.array(values, np.bool_)
    return _whole_numbers(values, dtype)


def _whole_numbers(values: list, dtype: _types.dtype) -> np.ndarray:
    """Numbers without their fractions. Refuses those that the integer dtype cannot hold."""
    has_floats = float in set(map(type, values))
    if dtype is _types.int64 and not has_floats:
        return _long_numbers(values)
    info = iinfo(dtype)
    lowest, highest = int(info.min), int(info.max)
    is_held = True
    if has_floats:
        floats = [one for one in values if type(one) is float]
        is_held = all(lowest <= one <= highest for one in floats)  # which NaN is not
        values = list(map(int, values)) if is_held else []
    whole = _long_numbers(values)
    if dtype is _types.uint8:
        lowest = -255  # negative whole numbers wrap round
    if not is_held or (values and not lowest <= whole.min() <= whole.max() <= highest):
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    return whole.astype(dtype.numpy)


def _long_numbers(values: list) -> np.ndarray:
    try:
        return np.array(values, np.int64)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


def _supported(array: np.ndarray) -> np.ndarray:
    """The array in native byte order, of a dtype that tensors have. Raises TypeError otherwise."""
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported."
        )
    if array.dtype.num == _LONG_LONG != _LONG:
        array = array.view(np.int64)
    _check_kind(array)
    return array


_LONG_LONG, _LONG = np.dtype(np.longlong).num, np.dtype(np.int64).num


def _check_kind(array: np.ndarray) -> None:
    if array.dtype.num not in _types.BY_NUMPY_NUMBER and array.dtype.kind != "i":
        raise TypeError(
            f"can't convert np.ndarray of type {array.dtype.type.__module__}."
            f"{array.dtype.type.__name__}. The only supported types are: float64, float32, "
            "float16, int64, int32, int16, int8, uint8, and bool."
        )


@takes_tensors
@reads_numpy
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False) -> Tensor:
    """A new tensor with a copy of the data: numbers, nested sequences, arrays or tensors.

    Without ``dtype`` whole numbers are int64, others the default dtype, arrays keep theirs.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.tensor.html
    """
    check_device(device)
    dtype = _types.as_dtype(dtype, "tensor")
    if isinstance(data, (Tensor, np.ndarray)):
        source = (data if isinstance(data, Tensor) else over_array(data, may_copy=True))._array
        array = source.astype(source.dtype if dtype is None else dtype.numpy, order="K")
    else:
        array = _array_of(data, dtype)
    return finished(array, requires_grad)


@takes_tensors
@reads_numpy
def as_tensor(data, *, dtype=None, device=None) -> Tensor:
    """The data as a tensor, sharing memory where it is an array or tensor of the wanted dtype.

    An array that is not aligned is copied.
    """
    check_device(device)
    dtype = _types.as_dtype(dtype, "as_tensor")
    if isinstance(data, (Tensor, np.ndarray)):
        shared = data if isinstance(data, Tensor) else _shared(data, may_copy=True)
        return shared if dtype is None else shared.to(dtype)
    return tensor(data, dtype=dtype, device=device)


@takes_tensors
@reads_numpy
def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares an array's memory.

    Raises TypeError for dtypes that tensors do not have, ValueError for negative strides.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {_types.kind_of(ndarray)})")
    return _shared(ndarray)


def _shared(ndarray: np.ndarray, *, may_copy: bool = False) -> Tensor:
    if not ndarray.flags.writeable:
        warnings.warn(_NOT_WRITABLE, UserWarning, stacklevel=3)
    return over_array(ndarray, may_copy=may_copy)


def over_array(ndarray: np.ndarray, *, may_copy: bool = False) -> Tensor:
    """A tensor that shares an array's memory, if tensors can have such an array at all.

    One that is not aligned is refused, or copied: loops read whole elements.
    """
    array = _supported(ndarray)
    size = array.itemsize
    for stride in array.strides:
        if stride < 0 or stride % size:
            _refuse_strides(array)
    if not array.flags.aligned:
        if not may_copy:
            raise ValueError(
                "given numpy array is not aligned: its elements do not begin at multiples of their "
                "size, where tensors read them. Copy the numpy array to reallocate the memory."
            )
        return Tensor._wrap(array.copy(order="K"))
    array = array.view(np.ndarray)
    if ndarray.base is not None:
        # A storage of its own: what else lies in the memory of a slice is not the tensor's.
        apart = np.asarray(array.data)
        if apart.strides != array.strides:      # those along dimensions of size 1 are lost
            apart = np.lib.stride_tricks.as_strided(apart, array.shape, array.strides)
        array = apart
    return Tensor._wrap(array)


def _refuse_strides(array: np.ndarray) -> NoReturn:
    if min(array.strides) < 0:
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    raise ValueError(
        "given numpy array strides not a multiple of the element byte size. Copy the numpy "
        "array to reallocate the memory."
    )


_NOT_WRITABLE = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. "
    "This means writing to this tensor will result in undefined behavior. You may want to copy the "
    "array to protect its data or make it writable before converting it to a tensor. This type of "
    "warning will be suppressed for the rest of this program."
)


@method()
@reads_numpy
def new_tensor(self: Tensor, data, dtype=None, device=None, requires_grad=False) -> Tensor:
    """The data in this tensor's dtype."""
    return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


def reduce_tensor(tensor: Tensor) -> tuple:
    """What pickle makes a tensor from: a function and its arguments."""
    kind = () if type(tensor) is Tensor else (type(tensor),)
    return rebuild_tensor, (tensor._array, tensor.requires_grad, pickled_state(tensor), *kind)


def pickled_state(tensor: Tensor) -> Any:
    """A tensor's attributes, or what its class says is its state; None for none."""
    own: Any = getattr(type(tensor), "__getstate__", None)
    if own is not getattr(object, "__getstate__", None):
        return own(tensor)
    return dict(tensor.__dict__) or None


def rebuild_tensor(
    array: np.ndarray, requires_grad: bool, state: Any, kind: type = Tensor
) -> Tensor:
    """A tensor of the class and with the attributes of the one that was pickled."""
    restored: Any = Tensor._wrap(array)
    if kind is Tensor:
        restored.requires_grad_(requires_grad)
    else:
        restored = Tensor._make_subclass(kind, restored, requires_grad)
    if hasattr(kind, "__setstate__"):
        restored.__setstate__(state)
    elif state:
        restored.__dict__.update(state)
    return restored


__all__ = ["as_tensor", "from_numpy", "tensor"]
