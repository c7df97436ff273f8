"""Layers that look vectors up."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter


class Embedding(Module):
    """A table of vectors, looked up by index.

    ``y = weight[x]``. Shape: ``(...)`` of integers to ``(..., embedding_dim)``. The vector at
    ``padding_idx`` starts at zero and gets no gradient. Vectors longer than ``max_norm`` in the
    ``norm_type`` norm are shortened in place when they are looked up. ``scale_grad_by_freq``
    divides a vector's gradient by how often it was looked up. Gradients are dense, also
    where ``sparse`` asks for others: the numbers are the same.
    """

    __constants__ = [
        "num_embeddings",
        "embedding_dim",
        "padding_idx",
        "max_norm",
        "norm_type",
        "scale_grad_by_freq",
        "sparse",
    ]

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool
    weight: Tensor

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = _wrap_padding(padding_idx, num_embeddings)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            table = tapegrad.empty((num_embeddings, embedding_dim), device=device, dtype=dtype)
            self.weight = Parameter(table, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if list(_weight.shape) != [num_embeddings, embedding_dim]:
                raise AssertionError(
                    "Shape of weight does not match num_embeddings and embedding_dim"
                )
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    def forward(self, input: Tensor) -> Tensor:
        """Look up ``input``."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def reset_parameters(self) -> None:
        """Draw the table from the standard normal, with zeros at ``padding_idx``."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with tapegrad.no_grad():
                self.weight[self.padding_idx].fill_(0)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding with a given table, frozen unless said otherwise."""
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        n_rows, n_columns = embeddings.shape
        return cls(
            num_embeddings=n_rows,
            embedding_dim=n_columns,
            _weight=embeddings,
            _freeze=freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )

    def extra_repr(self) -> str:
        """List the sizes and what differs from the defaults."""
        shown = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in _REPR_DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                shown += f", {name}={value}"
        return shown


_REPR_DEFAULTS = {
    "padding_idx": None,
    "max_norm": None,
    "norm_type": 2,
    "scale_grad_by_freq": False,
    "sparse": False,
}


def _wrap_padding(padding_idx: int | None, n_rows: int) -> int | None:
    """``padding_idx`` counted from the start."""
    if padding_idx is None:
        return None
    if not -n_rows <= padding_idx < n_rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % n_rows
