"""Adagrad."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_eps, check_fused, check_not_negative, check_rate
from tapegrad.optim._formula import FormulaOptimizer, number_tensor
from tapegrad.optim._update import Update


class Adagrad(FormulaOptimizer):
    """Divide the gradient by the root of the sum of all its squares.

    ``s ← s + g²``, then ``p ← p - lr / (1 + (t - 1)·lr_decay)·g / (sqrt(s) + eps)``, where ``s``
    begins with ``initial_accumulator_value``. Raises ``ValueError`` for options out of range.
    Source: Duchi et al. 2011.
    """

    update = Update(
        "adagrad",
        "adagrad_factors",
        numbers={"step": 0.0},
        tensors=("sum",),
        options=("lr_decay", "eps"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "fused": None,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate(lr)
        check_not_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
        )
        check_eps(eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_fused(self)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = self.start(p, group)

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """No step, and what the sum begins with."""
        first = self.defaults["initial_accumulator_value"]
        return {
            "step": number_tensor(0.0, group),
            "sum": tapegrad.full_like(p.detach(), first),
        }

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        rate = group["lr"] / (1 + (state["step"].item() - 1) * group["lr_decay"])
        state["sum"] = s = state["sum"] + g * g
        p.sub_(rate * (g / (s.sqrt() + group["eps"])))
