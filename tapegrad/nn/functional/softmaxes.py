"""Softmax and its relatives."""

from __future__ import annotations

import warnings
from typing import Any

from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad._types import contiguous_format
from tapegrad.ops._declare import calls


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``dim``, computed in ``dtype`` if given."""
    if dim is None:
        dim = _implicit_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """The softmax of ``-x`` along ``dim``."""
    if dim is None:
        dim = _implicit_dim("softmin", input.dim(), _stacklevel)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """The logarithm of softmax along ``dim``, computed in ``dtype`` if given."""
    if dim is None:
        dim = _implicit_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


@calls("empty_like", "logits")
def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A softmax of scores with random noise: ``softmax((x + gumbel) / tau)``.

    With ``hard`` one-hot vectors of the largest, with the gradient of the soft ones. Source: Jang,
    Gu and Poole 2017.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    drawn = ops.create.empty_like(logits.detach(), memory_format=contiguous_format)
    noise = -drawn.exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = soft.detach().argmax(dim, keepdim=True)
    places = ops.create.arange(soft.shape[dim]).reshape(
        [-1 if d == dim % soft.dim() else 1 for d in range(soft.dim())]
    )
    return (places == chosen).to(soft.dtype) - soft.detach() + soft


def _implicit_dim(name: str, n_dims: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if n_dims in (0, 1, 3) else 1
