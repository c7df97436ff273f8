"""Adadelta."""

from __future__ import annotations

from typing import Any, ClassVar

from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_eps, check_not_negative, check_rate
from tapegrad.optim._formula import CAPTURABLE_ON, FormulaOptimizer
from tapegrad.optim._update import Update


class Adadelta(FormulaOptimizer):
    """Scale the gradient by the ratio of past changes to past gradients.

    ``s ← rho·s + (1 - rho)·g²``, ``d = sqrt(a + eps) / sqrt(s + eps)·g``,
    ``a ← rho·a + (1 - rho)·d²``, then ``p ← p - lr·d``. Raises ``ValueError`` for options out of
    range. Source: Zeiler 2012.
    """

    update = Update(
        "adadelta",
        "count_step",
        numbers={"step": 0.0},
        tensors=("square_avg", "acc_delta"),
        options=("rho", "eps"),
    )
    capturable_on: ClassVar[list[str]] = CAPTURABLE_ON[:-1]

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        check(0.0 <= rho <= 1.0, f"Invalid rho value: {rho}")
        check_eps(eps)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        rho, eps, changes = group["rho"], group["eps"], state["acc_delta"]
        state["square_avg"] = s = rho * state["square_avg"] + (1 - rho) * (g * g)
        change = (changes + eps).sqrt() / (s + eps).sqrt() * g
        state["acc_delta"] = rho * changes + (1 - rho) * (change * change)
        p.sub_(group["lr"] * change)
