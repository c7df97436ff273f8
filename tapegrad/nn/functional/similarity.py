"""One-hot vectors and angles between vectors."""

from __future__ import annotations

import numpy as np

import tapegrad
from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import have_dtype_of
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.linalg.norms import vector_norm


@takes_tensors
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors of zeros with a one at the class; ``num_classes=-1`` means the largest class plus
    one.

    Shape: ``(...)`` of int64 to ``(..., num_classes)``.
    """
    if tensor.dtype is not tapegrad.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return tapegrad.zeros((*tensor.shape, num_classes), dtype=tapegrad.int64)
    if tensor.min().item() < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = tensor.max().item()
    if num_classes == -1:
        num_classes = largest + 1
    elif num_classes <= largest:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return Tensor._wrap(kernels.outputs(
        OURS["place_in_plane"], (_ONE, tensor._array[..., None]),
        ((*tensor.shape, num_classes),), (0, 0),
    ))  # fmt: skip


_ONE = np.ones(1, np.int64)


@takes_tensors
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle along ``dim``: ``sum(x1·x2) / (max(|x1|, eps) · max(|x2|, eps))``.

    Shape: two that broadcast, to theirs without ``dim``.
    """
    if not (x1.is_floating_point() and have_dtype_of(x1, x2)):
        x1, x2 = _as_floats(x1, x2)
    if not eps >= 0:
        raise RuntimeError(f"eps must be non-negative, got: {float(eps):g}")
    if x1.shape != x2.shape:
        x1, x2 = tapegrad.broadcast_tensors(x1, x2)
    return ((x1 / _length(x1, dim, eps)) * (x2 / _length(x2, dim, eps))).sum(dim)


def _as_floats(x1: Tensor, x2: Tensor) -> tuple[Tensor, ...]:
    """Both as floating-point numbers; those of two dtypes meet when they have been divided."""
    dtype = tapegrad.result_type(x1, x2)
    if not dtype.is_floating_point:
        name = {"bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int"}
        found = name.get(str(dtype).removeprefix("torch."), "Long")
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {found}"
        )
    return tuple(x if x.is_floating_point() else x.to(dtype) for x in (x1, x2))


def _length(x: Tensor, dim: int, eps: float) -> Tensor:
    """The length along ``dim``, at least ``eps``; the bound is no part of the gradient."""
    length = vector_norm(x, 2, dim, True)
    if not length.requires_grad:
        return length.clamp_min_(eps)
    length = length.clone()
    with tapegrad.no_grad():
        length.clamp_min_(eps)
    return length
