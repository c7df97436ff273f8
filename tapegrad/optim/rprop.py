"""Rprop."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_rate
from tapegrad.optim._formula import FormulaOptimizer, number_tensor
from tapegrad.optim._update import Update


class Rprop(FormulaOptimizer):
    """Step by each element's own length, which grows while its gradient keeps its sign.

    The length ``d`` begins with ``lr``, is multiplied by ``etas[1]`` where ``g`` has the sign of
    the gradient before, by ``etas[0]`` where it has the other one, and stays within
    ``step_sizes``; where the sign changed ``g ← 0``. Then ``p ← p - sign(g)·d``. Raises
    ``ValueError`` for options out of range. Source: Riedmiller and Braun 1993.
    """

    update = Update(
        "rprop",
        "count_step",
        numbers={"step": 0.0},
        tensors=("prev", "step_size"),
        options=("etas", "step_sizes"),
    )

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        check(0.0 < etas[0] < 1.0 < etas[1], f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """Every element begins with the length ``lr``."""
        like = p if p.grad is None else p.grad
        return {
            "step": number_tensor(0.0, group),
            "prev": tapegrad.zeros_like(p, requires_grad=False),
            "step_size": tapegrad.full_like(like, float(group["lr"])),
        }

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        (shrink, grow), bounds = group["etas"], group["step_sizes"]
        agreement = g * state["prev"]
        factor = tapegrad.where(agreement < 0, shrink, tapegrad.ones_like(agreement))
        factor = tapegrad.where(agreement > 0, grow, factor)
        state["step_size"] = length = (state["step_size"] * factor).clamp(*bounds)
        state["prev"] = g = tapegrad.where(agreement < 0, 0.0, g)
        p.sub_(g.sign() * length)
