"""RMSprop."""

from __future__ import annotations

from typing import Any, ClassVar

from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_eps, check_not_negative, check_rate
from tapegrad.optim._formula import FormulaOptimizer, moved
from tapegrad.optim._update import Update


class RMSprop(FormulaOptimizer):
    """Divide the gradient by a running root mean square of itself.

    ``s ← alpha·s + (1 - alpha)·g²``, ``d = g / (sqrt(s) + eps)``, then ``p ← p - lr·d``. With
    ``centered`` the root is of ``s - a²``, where ``a ← alpha·a + (1 - alpha)·g``; with
    ``momentum`` the step is along ``b ← momentum·b + d``. Raises ``ValueError`` for options out of
    range. Sources: Hinton 2012; Graves 2013 (centered).
    """

    update = Update(
        "rmsprop",
        "count_step",
        numbers={"step": 0.0},
        tensors=("square_avg", "momentum_buffer", "grad_avg"),
        optional={"momentum_buffer": "momentum", "grad_avg": "centered"},
        options=("alpha", "eps", "momentum", "centered"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        "momentum": 0,
        "centered": False,
        **FormulaOptimizer.late_options,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        check_eps(eps)
        check_not_negative(momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        alpha = group["alpha"]
        state["square_avg"] = s = alpha * state["square_avg"] + (1 - alpha) * (g * g)
        if group["centered"]:
            state["grad_avg"] = a = moved(state["grad_avg"], g, 1 - alpha)
            s = s - a * a
        change = g / (s.sqrt() + group["eps"])
        if group["momentum"] > 0:
            change = group["momentum"] * state["momentum_buffer"] + change
            state["momentum_buffer"] = change
        p.sub_(group["lr"] * change)
