"""Views by strides, and views of a base that was written.

A geometry is (base shape, base strides, shape, strides, offset) in elements: how one view lies in
the memory of its base. The ops of a changed base are linear, and each other's gradients.
"""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import geometry_of, register_copy_slices
from tapegrad._tensor import Tensor, register_view_maker
from tapegrad.ops._declare import method, op

_MOST_DIMS = 64  # NumPy's limit


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
    reach = 1
    for n, step in zip(shape, strides, strict=True):
        reach += (n - 1) * step
    return reach


def contiguous_strides(shape: tuple) -> tuple[int, ...]:
    """The steps in elements of a row-major tensor of a shape."""
    strides, step = [0] * len(shape), 1
    for k in reversed(range(len(shape))):
        strides[k] = step
        step *= max(shape[k], 1)
    return tuple(strides)


def _slice_of(g: np.ndarray, geometry: tuple) -> np.ndarray:
    base, view = _base_memory(geometry, g.dtype)
    kernels.copy_array(base, g)
    return kernels.cast_array(view, g.dtype)


def _slice_cleared(g: np.ndarray, geometry: tuple) -> np.ndarray:
    base, view = _base_memory(geometry, g.dtype)
    kernels.check_written(view, [])
    kernels.copy_array(base, g)
    kernels.fill(view, 0)
    return kernels.contiguous(base)


def _slice_placed(g: np.ndarray, geometry: tuple) -> np.ndarray:
    base, view = _base_memory(geometry, g.dtype)
    kernels.copy_array(view, g)
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
slice_placed = op(
    "slice_placed", forward=_slice_placed, params=("input", "geometry"),
    input=lambda g, geometry: slice_of(g, geometry),
    doc="Zeros of the base's shape with values copied to where the view lies, the last one last.",
)  # fmt: skip
as_strided_op = op(
    "as_strided",
    forward=lambda input, geometry, view: view,
    is_view=True,
    input=lambda g, geometry: slice_scattered(g, geometry),
    doc="A view made anew from its base.",
)
view_before_write = op(
    "view_before_write",
    forward=lambda input, geometry, view: view,
    grad_name="AsStridedBackward0",
    is_view=True,
    input=lambda g, geometry: slice_placed(g, geometry),
    doc="What a base shows, to an op that overwrites it: CopySlices copies the op's gradient back.",
)
copy_slices = op(
    "copy_slices",
    forward=lambda base, values, geometry: None,
    grad_name="CopySlices",
    base=lambda g, geometry: slice_cleared(g, geometry),
    values=lambda g, geometry: slice_of(g, geometry),
    doc="A base after a write through one of its views; the engine records it.",
)


register_copy_slices(
    copy_slices, lambda base, view: view_before_write(base, geometry_of(base, view), view)
)
register_view_maker(lambda base, view: as_strided_op(base, geometry_of(base, view), view))


@method()
def as_strided(input: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    """A view of any sizes and strides, in elements, into the memory in which the tensor lies.

    ``storage_offset`` counts from where that memory starts, and is the tensor's own unless given.
    Raises RuntimeError for a view that would leave the memory.
    """
    return as_strided_op(input, *strided_view(input, size, stride, storage_offset))


def strided_view(input: Tensor, size, stride, storage_offset: int | None) -> tuple:
    """Where a view lies, if a formula will ask, and the view itself off the tape."""
    size, stride = tuple(size), tuple(stride)
    offset = input.storage_offset() if storage_offset is None else storage_offset
    view = kernels.strided_over(input._array, size, stride, offset)
    if view is None:
        memory = kernels.memory_of(input._array).nbytes // input.itemsize
        check_strided(size, stride, offset, memory, input.itemsize)
        raise RuntimeError("as_strided: an offset and steps have to be less than 2**58")
    geometry = None
    if input.requires_grad:
        own_stride = input.stride()
        if 0 in own_stride:
            raise RuntimeError(
                "as_strided: a tensor with several elements at one location of memory, as expand() "
                "makes them, has no gradient here. Please clone() it before."
            )
        geometry = (input.shape, own_stride, size, stride, offset - input.storage_offset())
    return geometry, Tensor._wrap(view)


def check_strided(size: tuple, stride: tuple, offset: int, memory: int, itemsize: int) -> None:
    """Refuse a geometry that is none, or that leaves the memory, with PyTorch's texts."""
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if len(size) > _MOST_DIMS:
        raise RuntimeError(f"a tensor has at most {_MOST_DIMS} dimensions, not {len(size)}")
    if stride and min(stride) < 0:
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(stride)}"
        )
    if size and min(size) < 0:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    needed = _reach(size, stride)
    needed += offset if needed else 0
    if needed > memory:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {itemsize} requiring a storage size of {needed * itemsize} are out of "
            f"bounds for storage of size {memory * itemsize}"
        )


__all__ = ["as_strided"]
