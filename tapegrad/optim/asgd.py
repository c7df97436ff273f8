"""ASGD."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_not_negative, check_rate
from tapegrad.optim._formula import FormulaOptimizer, moved, number_tensor
from tapegrad.optim._update import Update


class ASGD(FormulaOptimizer):
    """Gradient descent with a falling rate, and the mean of where it has been.

    ``p ← (1 - lambd·eta)·p - eta·g``, ``ax ← ax + mu·(p - ax)``, then
    ``eta ← lr / (1 + lambd·lr·t)^alpha`` and ``mu ← 1 / max(1, t - t0)``; ``eta`` begins with
    ``lr`` and ``mu`` with 1. ``state[p]["ax"]`` is the mean. Raises ``ValueError`` for options out
    of range. Source: Polyak and Juditsky 1992.
    """

    update = Update(
        "asgd",
        "asgd_factors",
        numbers={"step": 0.0, "eta": 0.0, "mu": 1.0},
        tensors=("ax",),
        options=("lambd", "alpha", "t0", "float32_default"),
    )
    capturable_tensors = "params, mus, etas, and state_steps"

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_rate(lr)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The rate begins with ``lr``."""
        return super().start(p, group) | {"eta": number_tensor(float(group["lr"]), group)}

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        lr, lambd, t = group["lr"], group["lambd"], state["step"].item()
        eta, mu = state["eta"].item(), state["mu"].item()
        p.mul_(1 - lambd * eta).sub_(eta * g)
        state["ax"] = p.clone() if mu == 1 else moved(state["ax"], p, mu)
        state["eta"].copy_(tapegrad.as_tensor(lr / (1 + lambd * lr * t) ** group["alpha"]))
        state["mu"].fill_(1 / max(1, t - group["t0"]))
