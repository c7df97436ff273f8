"""Several tensors as one."""

from __future__ import annotations

import functools

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.promotion import promote_types


def pieces(input: np.ndarray, dim: int, sizes) -> list[np.ndarray]:
    """Consecutive ranges of the given sizes along a dimension."""
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return [
        input[(slice(None),) * dim + (slice(start, start + size),)]
        for start, size in zip(starts, sizes, strict=False)
    ]


def _cat(tensors: list, dim: int, sizes: tuple) -> np.ndarray:
    shape = list(tensors[0].shape)
    shape[dim] = sum(sizes)
    result = kernels.empty(shape, tensors[0].dtype)
    for piece, source in zip(pieces(result, dim, sizes), tensors, strict=True):
        kernels.copy_array(piece, source)
    return result


cat_op = op(
    "cat",
    forward=_cat,
    takes_sequence=True,
    inputs=("tensors",),
    gradients=lambda g, dim, sizes: g.split(list(sizes), dim),
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
    gradients=lambda g, dim: g.unbind(dim),
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
