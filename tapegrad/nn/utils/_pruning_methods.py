"""The ways of choosing what is pruned."""

from __future__ import annotations

import math
import numbers
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module
from tapegrad.nn.utils._pruning_method import BasePruningMethod


class Identity(BasePruningMethod):
    """Prune nothing, but put mask and hook in place."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask before."""
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> Any:  # type: ignore[override]
        """Put mask and hook in place."""
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """Prune the ``amount`` of single elements that ``_chosen`` names."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask before, with zeros where this method prunes."""
        n_pruned = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if n_pruned != 0:
            mask.view(-1)[self._chosen(t, n_pruned)] = 0
        return mask

    def _chosen(self, t: Tensor, n_pruned: int) -> Tensor:
        """The flat indices of what is pruned."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prune elements drawn evenly. ``amount`` is a fraction or a number of elements."""

    def _chosen(self, t: Tensor, n_pruned: int) -> Tensor:
        return tapegrad.topk(tapegrad.rand_like(t).view(-1), k=n_pruned).indices

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> Any:  # type: ignore[override]
        """Prune ``module.name``."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prune the elements of the smallest magnitude. ``amount`` is a fraction or a number."""

    def _chosen(self, t: Tensor, n_pruned: int) -> Tensor:
        return tapegrad.topk(tapegrad.abs(t).view(-1), k=n_pruned, largest=False).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> Any:
        """Prune ``module.name``, by ``importance_scores`` if they are given."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(BasePruningMethod):
    """Prune the ``amount`` of slices along ``dim`` that ``_kept`` does not name."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask before, with zeros in the slices that this method prunes."""
        _check_slices(t, self.dim)
        n_pruned = _count(self.amount, t.shape[self.dim])
        if n_pruned == 0:
            return default_mask
        mask = tapegrad.zeros_like(t)
        mask.movedim(self.dim, 0)[self._kept(t, n_pruned)] = 1
        mask *= default_mask.to(dtype=mask.dtype)
        return mask

    def _kept(self, t: Tensor, n_pruned: int) -> Tensor:
        """An index along ``dim`` of the slices that stay."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prune slices along ``dim`` drawn evenly. ``amount`` is a fraction or a number of slices."""

    def _kept(self, t: Tensor, n_pruned: int) -> Tensor:
        drawn = tapegrad.rand(t.shape[self.dim])
        return drawn > tapegrad.kthvalue(drawn, k=n_pruned).values

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> Any:
        """Prune ``module.name``."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prune the slices along ``dim`` with the smallest norm of order ``n``."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, n_pruned: int) -> Tensor:
        dims = list(range(t.ndim))
        del dims[self.dim]
        norms = tapegrad.norm(t, p=self.n, dim=dims)
        return tapegrad.topk(norms, k=t.shape[self.dim] - n_pruned, largest=True).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls,
        module: Module,
        name: str,
        amount: float,
        n: Any,
        dim: int,
        importance_scores: Tensor | None = None,
    ) -> Any:
        """Prune ``module.name``, by ``importance_scores`` if they are given."""
        return super().apply(
            module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores
        )


class CustomFromMask(BasePruningMethod):
    """Prune where a given mask is zero."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask before times the given one."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> Any:  # type: ignore[override]
        """Prune ``module.name`` with a mask."""
        return super().apply(module, name, mask=mask)


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    limit = math.inf if isinstance(amount, numbers.Integral) else 1
    if not 0 <= float(amount) <= limit:
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer"
        )


def _count(amount: float, n_elements: int) -> int:
    """How many elements an amount is of so many."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * n_elements)
    if amount > n_elements:
        raise ValueError(
            f"amount={amount} should be smaller than the number of parameters to "
            f"prune={n_elements}"
        )
    return int(amount)


def _check_slices(t: Tensor, dim: int) -> None:
    if t.ndim <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of "
            f"shape {t.shape} with {t.ndim} dims"
        )
    if dim >= t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
