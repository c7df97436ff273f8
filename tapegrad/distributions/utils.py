"""What the distributions share: broadcasting, probabilities and logits, lazy attributes."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from functools import cache, update_wrapper
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor, _set_grad_enabled

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.5772156649015329
limits_of = cache(tapegrad.finfo)


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the first tensor's dtype.

    Raises ValueError for anything else.
    """
    tensors = [value for value in values if isinstance(value, Tensor)]
    if len(tensors) == len(values):
        return tapegrad.broadcast_tensors(*tensors)
    if not all([isinstance(value, _TENSOR_OR_NUMBER) for value in values]):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing "
            "__torch_function__."
        )
    dtype = tensors[0].dtype if tensors else tapegrad.get_default_dtype()
    return tapegrad.broadcast_tensors(*[
        value if isinstance(value, Tensor) else tapegrad.tensor(value, dtype=dtype)
        for value in values
    ])  # fmt: skip


_TENSOR_OR_NUMBER = Tensor, float, int, numbers.Number


def _standard_normal(shape: Any, dtype: Any, device: Any = None) -> Tensor:
    """Draws of the standard normal distribution."""
    return tapegrad.randn(shape, dtype=dtype, device=device)


def sum_rightmost(value: Tensor, n_dims: int) -> Tensor:
    """The sum over the last ``n_dims`` dimensions."""
    if n_dims == 0:
        return value
    return value.reshape((*value.shape[:-n_dims], -1)).sum(-1)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities: the sigmoid of binary logits, else their softmax over the last dimension."""
    return tapegrad.sigmoid(logits) if is_binary else tapegrad.softmax(logits, dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept an eps away from 0 and 1."""
    eps = limits_of(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits: the log odds of binary probabilities, else their logarithms."""
    clamped = clamp_probs(probs)
    logits = tapegrad.log(clamped)
    return logits - tapegrad.log1p(-clamped) if is_binary else logits


class lazy_property:
    """An attribute computed when it is first read, and kept."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        previous = _set_grad_enabled(True)
        try:
            value = self.wrapped(instance)
        finally:
            _set_grad_enabled(previous)
        setattr(instance, self.wrapped.__name__, value)
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangle up to a diagonal, row by row. Shape: ``(*, n, n)`` to ``(*, n_kept)``."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _lower(n, diag)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The matrix with such a lower triangle, and zeros elsewhere."""
    shift = 1 + 2 * diag
    size = (-shift + (shift**2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    n = round(size)
    if n - size > tapegrad.finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower "
            "triangular part of a square D x D matrix."
        )
    mat = vec.new_zeros((*vec.shape[:-1], n, n))
    mat[..., _lower(n, diag)] = vec
    return mat


def _lower(n: int, diag: int) -> Tensor:
    positions = tapegrad.arange(n)
    return positions < positions.view(-1, 1) + (diag + 1)
