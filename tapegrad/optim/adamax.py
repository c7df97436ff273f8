"""Adamax."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_adam
from tapegrad.optim._formula import FormulaOptimizer, moved
from tapegrad.optim._update import Update


class Adamax(FormulaOptimizer):
    """Divide the mean of the gradient by its largest size so far, which decays.

    ``m ← beta1·m + (1 - beta1)·g``, ``u ← max(beta2·u, |g| + eps)``, then
    ``p ← p - lr / (1 - beta1ᵗ)·m / u``. Raises ``ValueError`` for options out of range. Source:
    Kingma and Ba 2014.
    """

    update = Update(
        "adamax",
        "adamax_factors",
        numbers={"step": 0.0},
        tensors=("exp_avg", "exp_inf"),
        options=("betas", "eps"),
    )

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_adam(lr, betas, eps, weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        (beta1, beta2), t = group["betas"], state["step"].item()
        state["exp_avg"] = m = moved(state["exp_avg"], g, 1 - beta1)
        sizes = tapegrad.stack([beta2 * state["exp_inf"], g.abs() + group["eps"]])
        state["exp_inf"] = u = sizes.amax(0)  # equal sizes share the gradient, as in PyTorch
        p.sub_(group["lr"] / (1 - beta1**t) * (m / u))
