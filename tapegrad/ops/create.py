"""Making tensors: from data, filled, and in order."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import get_default_dtype
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.convert import _check_device

# ------------------------------------------------------------------------- from data


def _check_lengths(data, shape: list, depth: int) -> None:
    """Refuse nested sequences of unequal length, and values that are no numbers."""
    if isinstance(data, Tensor):
        return
    if depth == len(shape):
        if isinstance(data, (list, tuple)):
            raise TypeError(f"must be real number, not {type(data).__name__}")
        if not isinstance(data, (int, float, np.generic, np.ndarray)):
            if isinstance(data, str) and depth:
                raise ValueError(f"too many dimensions '{type(data).__name__}'")
            if depth == 0:
                raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
            raise TypeError(f"must be real number, not {type(data).__name__}")
        return
    if not isinstance(data, (list, tuple, np.ndarray, range)):
        raise TypeError(f"only sequences can be nested, got {type(data).__name__}")
    if len(data) != shape[depth]:
        raise ValueError(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})"
        )
    for one in data:
        _check_lengths(one, shape, depth + 1)


def _nested_shape(data) -> list[int]:
    shape = []
    while isinstance(data, (list, tuple, range)):
        shape.append(len(data))
        if not data:
            break
        data = data[0]
    if isinstance(data, (Tensor, np.ndarray)):
        shape.extend(data.shape)
    return shape


def _first_value(data):
    while isinstance(data, (list, tuple, range)) and len(data):
        data = data[0]
    return data


def _plain(data):
    """Nested lists with tensors read out into numbers."""
    if isinstance(data, Tensor):
        return data.detach().numpy()
    if isinstance(data, (list, tuple)):
        return [_plain(one) for one in data]
    return data


def _array_of(data, dtype: np.dtype | None) -> np.ndarray:
    """A fresh array of Python data: whole numbers become int64, others the default dtype."""
    if isinstance(data, str) or not isinstance(
        data, (list, tuple, range, int, float, np.generic)
    ):
        if isinstance(data, str):
            raise TypeError("new(): invalid data type 'str'")
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if isinstance(data, (list, tuple)):
        _check_lengths(data, _nested_shape(data), 0)
    try:
        array = np.array(_plain(data))
    except OverflowError:
        raise RuntimeError("Overflow when unpacking long long") from None
    if array.dtype.kind not in "fiub":
        raise RuntimeError("Overflow when unpacking long long")
    if dtype is None:
        dtype = _natural_dtype(array, _first_value(data))
    return array.astype(dtype)


def _natural_dtype(array: np.ndarray, first) -> np.dtype:
    if array.size == 0 and not isinstance(first, (np.ndarray, np.generic, Tensor)):
        return get_default_dtype().numpy
    if isinstance(first, (np.generic, np.ndarray, Tensor)):
        return _supported(array).dtype
    if array.dtype.kind == "f":
        return get_default_dtype().numpy
    return np.dtype(np.bool_ if array.dtype.kind == "b" else np.int64)


def _supported(array: np.ndarray) -> np.ndarray:
    """The array in native byte order, of a dtype that tensors have. Raises TypeError otherwise."""
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported."
        )
    if array.dtype.num == np.dtype(np.longlong).num != np.dtype(np.int64).num:
        array = array.view(np.int64)
    if array.dtype.num not in _types.BY_NUMPY_NUMBER:
        raise TypeError(
            f"can't convert np.ndarray of type {array.dtype.type.__module__}."
            f"{array.dtype.type.__name__}. The only supported types are: float64, float32, float16, "
            "int64, int32, int16, int8, uint8, and bool."
        )
    return array


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False) -> Tensor:
    """A new tensor with a copy of the data: numbers, nested sequences, arrays or tensors.

    Without ``dtype`` whole numbers are int64, others the default dtype, arrays keep theirs.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.tensor.html
    """
    if device is not None:
        _check_device(device)
    numpy_type = None if dtype is None else dtype.numpy
    if isinstance(data, Tensor):
        array = data.detach().numpy().astype(numpy_type or data.dtype.numpy)
    elif isinstance(data, np.ndarray):
        array = _supported(data).astype(numpy_type or _supported(data).dtype, order="C")
    else:
        array = _array_of(data, numpy_type)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """The data as a tensor, sharing memory where it is an array or tensor of the wanted dtype."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray):
        shared = from_numpy(data)
        return shared if dtype is None else shared.to(dtype)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares an array's memory.

    Raises TypeError for dtypes that tensors do not have, ValueError for negative strides.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    array = _supported(ndarray)
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    if any(stride % array.itemsize for stride in array.strides) or not array.flags.aligned:
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy "
            "array to reallocate the memory."
        )
    return Tensor._wrap(array.view(np.ndarray))


# ------------------------------------------------------------------------- filled


def _new(sizes: tuple, keyword, dtype, name: str) -> np.ndarray:
    shape = sizes_of(sizes, keyword)
    if any(size < 0 for size in shape):
        raise RuntimeError(
            f"{name}: Dimension size must be non-negative." if name == "zeros"
            else f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}"
        )
    return kernels.empty(shape, (dtype or get_default_dtype()).numpy)


def empty(*sizes, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, memory_format=None) -> Tensor:  # fmt: skip
    """Uninitialised memory of a shape."""
    return Tensor._wrap(_new(sizes, size, dtype, "empty")).requires_grad_(bool(requires_grad))


def zeros(*sizes, size=None, out=None, dtype=None, layout=None, device=None,
          requires_grad=False) -> Tensor:  # fmt: skip
    """Zeros of a shape."""
    array = kernels.fill(_new(sizes, size, dtype, "zeros"), 0)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def ones(*sizes, size=None, out=None, dtype=None, layout=None, device=None,
         requires_grad=False) -> Tensor:  # fmt: skip
    """Ones of a shape."""
    array = kernels.fill(_new(sizes, size, dtype, "ones"), 1)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None,
         requires_grad=False) -> Tensor:  # fmt: skip
    """A shape filled with one number; the dtype is that of the number unless given."""
    if isinstance(fill_value, Tensor):
        dtype, fill_value = dtype or fill_value.dtype, fill_value.item()
    if dtype is None:
        dtype = (_types.bool if isinstance(fill_value, bool) else
                 _types.int64 if isinstance(fill_value, int) else get_default_dtype())
    array = kernels.fill(_new((tuple(size),), None, dtype, "full"), fill_value)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def _like_array(input: Tensor, dtype) -> np.ndarray:
    return kernels.empty_like(input._array, (dtype or input.dtype).numpy)


def empty_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
               memory_format=None) -> Tensor:  # fmt: skip
    """Uninitialised memory of another tensor's shape and dtype."""
    return Tensor._wrap(_like_array(input, dtype)).requires_grad_(bool(requires_grad))


def zeros_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
               memory_format=None) -> Tensor:  # fmt: skip
    """Zeros of another tensor's shape and dtype."""
    array = kernels.fill(_like_array(input, dtype), 0)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def ones_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
              memory_format=None) -> Tensor:  # fmt: skip
    """Ones of another tensor's shape and dtype."""
    array = kernels.fill(_like_array(input, dtype), 1)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


def full_like(input: Tensor, fill_value, *, dtype=None, layout=None, device=None,
              requires_grad=False, memory_format=None) -> Tensor:  # fmt: skip
    """One number in another tensor's shape and dtype."""
    array = kernels.fill(_like_array(input, dtype), fill_value)
    return Tensor._wrap(array).requires_grad_(bool(requires_grad))


@method()
def new_zeros(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Zeros of a shape, in this tensor's dtype."""
    return zeros(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method()
def new_ones(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Ones of a shape, in this tensor's dtype."""
    return ones(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method()
def new_empty(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Uninitialised memory of a shape, in this tensor's dtype."""
    return empty(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method()
def new_full(self: Tensor, size, fill_value, dtype=None, device=None, requires_grad=False):
    """One number in a shape, in this tensor's dtype."""
    return full(size, fill_value, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method()
def new_tensor(self: Tensor, data, dtype=None, device=None, requires_grad=False) -> Tensor:
    """The data in this tensor's dtype."""
    return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


# ------------------------------------------------------------------------- in order


def arange(start, end=None, step=1, *, out=None, dtype=None, layout=None, device=None,
           requires_grad=False) -> Tensor:  # fmt: skip
    """Numbers from ``start`` up to, without, ``end``, ``step`` apart."""
    if end is None:
        start, end = 0, start
    start, end, step = (one.item() if isinstance(one, Tensor) else one
                        for one in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) / step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        whole = all(isinstance(one, (int, np.integer)) for one in (start, end, step))
        dtype = _types.int64 if whole else get_default_dtype()
    count = math.ceil((end - start) / step)
    if dtype.is_floating_point:
        values = start + np.arange(count, dtype=np.float64) * step
    else:
        values = int(start) + np.arange(count, dtype=np.int64) * int(step)
    return Tensor._wrap(values.astype(dtype.numpy)).requires_grad_(bool(requires_grad))


def linspace(start, end, steps, *, out=None, dtype=None, layout=None, device=None,
             requires_grad=False) -> Tensor:  # fmt: skip
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = dtype or get_default_dtype()
    kind = dtype.numpy if dtype.is_floating_point else np.dtype(np.float64)
    if steps == 1:
        values = np.array([start], kind)
    else:
        # PyTorch counts from both ends, so that the last number is exactly the end.
        first, last = kind.type(start), kind.type(end)
        step = kind.type((last - first) / kind.type(max(steps - 1, 1)))
        k = np.arange(steps)
        ahead, behind = first + step * k.astype(kind), last - step * (steps - 1 - k).astype(kind)
        values = np.where(k < steps // 2, ahead, behind)
    return Tensor._wrap(values.astype(dtype.numpy)).requires_grad_(bool(requires_grad))


def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None,
        requires_grad=False) -> Tensor:  # fmt: skip
    """A matrix with ones on its diagonal and zeros elsewhere."""
    for name, size in (("n", n), ("m", n if m is None else m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    result = zeros(n, n if m is None else m, dtype=dtype)
    result.diagonal().fill_(1)
    return result.requires_grad_(bool(requires_grad))


# ------------------------------------------------------------------------- Tensor's own support


def construct_legacy(args: tuple, keyword: dict) -> np.ndarray:
    """The memory of ``Tensor(...)``: sizes give uninitialised memory, data a float copy."""
    kind = get_default_dtype()
    if len(args) == 1 and isinstance(args[0], Tensor):
        if args[0].dtype is not kind:
            raise TypeError(
                f"expected Float (got {kernels.TYPE_NAMES[args[0].dtype.numpy.num]})"
            )
        return args[0]._array
    if len(args) == 1 and isinstance(args[0], (list, tuple, np.ndarray)) and not isinstance(
        args[0], _types.Size
    ):
        return tensor(args[0], dtype=kind)._array
    return kernels.empty(sizes_of(args), kind.numpy)


def rebuild_tensor(array: np.ndarray, requires_grad: bool, state: dict | None) -> Tensor:
    """What a pickled tensor is made from."""
    restored = Tensor._wrap(array).requires_grad_(requires_grad)
    if state:
        restored.__dict__.update(state)
    return restored
