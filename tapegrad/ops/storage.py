"""The storage under a tensor, and tensors put over a storage."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import become_view
from tapegrad._tensor import Tensor, _count_write, attach_method, is_inference_mode_enabled
from tapegrad._types import dtype
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.memory_formats import check_format, order_in, suggested_format
from tapegrad.ops.shape.strided import check_strided
from tapegrad.storage import DEPRECATED, STORAGE_CLASSES, TypedStorage, UntypedStorage

_MOST_BYTES = 2**63 - 1


@method()
def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes that this tensor and its views share."""
    kernels.note_values_read()
    return UntypedStorage._over(self._array)


@method()
def storage(self: Tensor) -> TypedStorage:
    """The elements that this tensor and its views share. Warns: PyTorch gives this up."""
    warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
    return TypedStorage(wrap_storage=untyped_storage(self), dtype=self.dtype, _internal=True)


def _storage_type(self: Tensor) -> type:
    """The older class of the storage of this dtype: ``FloatStorage``, ``LongStorage`` ..."""
    return STORAGE_CLASSES[self.dtype]


_storage_type.__name__, _storage_type.__qualname__ = "storage_type", "Tensor.storage_type"
attach_method("storage_type", _storage_type)


def over_storage(
    memory: UntypedStorage, kind: dtype, offset: int, size: tuple, stride: tuple
) -> Tensor:
    """A tensor of that dtype over part of a storage; offset and stride count elements.

    Raises RuntimeError for a geometry that is none or leaves the memory.
    """
    if not all(type(n) is int for n in (offset, *size, *stride)):
        raise TypeError(f"sizes are whole numbers, not {offset}, {size}, {stride}")
    if len(size) != len(stride):
        raise RuntimeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    count = kind.itemsize
    for n in size:
        count *= n or 1
    reach = max(offset, *stride, 0) * kind.itemsize
    if max(count, reach) > _MOST_BYTES or min(size, default=0) < 0:
        raise RuntimeError("numel: integer multiplication overflow")
    if min(stride, default=0) < 0:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    flat = memory._as(kind)
    check_strided(size, stride, offset, len(flat), kind.itemsize)
    return Tensor._wrap(kernels.strided(flat, size, stride, offset if 0 not in size else 0))


_NOTHING = object()


def _refuse_derivative(g: Tensor) -> NoReturn:
    raise RuntimeError("derivative for set_ is not implemented")


_set_op = op(
    "set_",
    forward=lambda input, source: source,
    params=("input", "source"),
    grad_name="NotImplemented",
    is_view=True,
    input=_refuse_derivative,
    source=_refuse_derivative,
    doc="A tensor that lies over another one's memory from now on; backward through it raises.",
)


@method()
def set_(
    self: Tensor,
    source: Any = _NOTHING,
    storage_offset: int = 0,
    size: Any = None,
    stride: Any = None,
) -> Tensor:
    """Let this tensor lie over another one's memory, or over a storage.

    Nothing is copied. Without ``size`` it covers the storage; without ``stride`` it is row-major.
    PyTorch enlarges a storage that is too small; here that is a RuntimeError.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.set_.html
    """
    if source is _NOTHING:
        source = UntypedStorage()
    if not isinstance(source, (Tensor, TypedStorage, UntypedStorage)):
        raise TypeError("set_() takes a tensor or a storage")
    if isinstance(source, Tensor) and size is None:
        if source.dtype is not self.dtype:
            raise RuntimeError(
                f"Could not set tensor of type {_scalar_name(source.dtype)} to a tensor of type "
                f"{_scalar_name(self.dtype)}"
            )
        return become_view(_set_op, self, source)
    if isinstance(source, Tensor):
        source = untyped_storage(source)
    if isinstance(source, TypedStorage):
        if source.dtype is not self.dtype:
            raise RuntimeError(
                f"Expected a Storage of type {_scalar_name(self.dtype)} or an UntypedStorage, but "
                f"got type {kernels.TYPE_NAMES[source.dtype.numpy.num]} for argument 1 'storage'"
            )
        source = source.untyped()
    size = (source.nbytes() // self.itemsize,) if size is None else tuple(size)
    stride = _row_major(size) if stride is None else tuple(stride)
    over = over_storage(source, self.dtype, storage_offset, size, stride)
    return become_view(_set_op, self, over)


@method()
def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Give this tensor other sizes, over the same elements in the order of their memory.

    Where the memory is too small, the elements move to a larger one, of which the rest is
    uninitialised; views keep the old. ``memory_format`` orders the new dimensions. Raises
    RuntimeError if the tensor requires grad.
    """
    size = sizes_of("resize_", sizes)
    if self.requires_grad and not is_inference_mode_enabled():
        raise RuntimeError("cannot resize variables that require grad")
    if size == self.shape and memory_format is None:
        return self
    if min(size, default=0) < 0 or math.prod(size) > _MOST_BYTES:
        raise RuntimeError("numel: integer multiplication overflow")
    memory, offset = untyped_storage(self), self.storage_offset()
    needed, held = offset + math.prod(size), memory.nbytes() // self.itemsize
    if needed > held:
        larger = kernels.empty((needed,), self.dtype.numpy)
        larger[:held] = memory._as(self.dtype)[:held]
        memory = UntypedStorage._over(larger)
    stride = _row_major(size) if memory_format is None else _stride_in(size, memory_format)
    self.data = over_storage(memory, self.dtype, offset, size, stride)
    _count_write(self, "resize_")
    return self


@method()
def resize_as_(self: Tensor, the_template: Tensor, memory_format: Any = None) -> Tensor:
    """Give this tensor the sizes of another one; with ``preserve_format`` also its order."""
    if memory_format is _types.preserve_format:
        memory_format = suggested_format(the_template)
    if memory_format is None and self.shape == the_template.shape and not self.requires_grad:
        return self
    return resize_(self, the_template.shape, memory_format=memory_format)


def _resize(self: Tensor, *sizes: Any) -> Tensor:
    """The same elements in another shape. Warns: PyTorch gives this form of ``reshape`` up."""
    warnings.warn("non-inplace resize is deprecated", UserWarning, stacklevel=2)
    return _same_count(self, sizes)


def _resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """The same elements in another tensor's shape. Warns: PyTorch gives this up."""
    warnings.warn("non-inplace resize_as is deprecated", UserWarning, stacklevel=2)
    return _same_count(self, tensor.size())


for _name, _function in (("resize", _resize), ("resize_as", _resize_as)):
    _function.__name__, _function.__qualname__ = _name, f"Tensor.{_name}"
    attach_method(_name, _function)


def _same_count(input: Tensor, size: tuple) -> Tensor:
    count = math.prod(size)
    if count != input.numel():
        asked, given = ("x".join(map(str, one)) for one in (size, input.shape))
        raise RuntimeError(
            f"requested resize to {asked} ({count} elements in total), but the given tensor has a "
            f"size of {given} ({input.numel()} elements). autograd's resize can only change the "
            "shape of a given tensor, while preserving the number of elements. "
        )
    return input.reshape(size)


def _stride_in(size: tuple, memory_format: Any) -> tuple:
    check_format("resize_", memory_format)
    if memory_format is _types.preserve_format:
        raise RuntimeError("Unsupported memory formatPreserve")
    order = order_in(len(size), memory_format)
    strides = _row_major(tuple(size[dim] for dim in order))
    return tuple(strides[order.index(dim)] for dim in range(len(size)))


def _row_major(size: tuple) -> tuple:
    strides, step = [], 1
    for n in reversed(size):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


_SCALAR_NAMES = {"uint8": "unsigned char", "int8": "signed char", "float16": "c10::Half",
                 "float32": "float", "float64": "double", "int64": "long int", "int32": "int",
                 "int16": "short int"}  # fmt: skip


def _scalar_name(kind: dtype) -> str:
    return _SCALAR_NAMES.get(kind.name, kind.name)


__all__ = ["resize_", "resize_as_", "set_", "storage", "untyped_storage"]
