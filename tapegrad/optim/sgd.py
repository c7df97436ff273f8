"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_fused, check_not_negative, check_rate
from tapegrad.optim._formula import FormulaOptimizer
from tapegrad.optim._update import Update


class SGD(FormulaOptimizer):
    """Step against the gradient, with momentum.

    ``g ← g + weight_decay·p``, ``b ← momentum·b + (1 - dampening)·g`` (at first ``b = g``), then
    ``p ← p - lr·b``; with ``nesterov`` ``p ← p - lr·(g + momentum·b)``. ``maximize`` turns the
    gradient round. One compiled call steps all parameters of a group; ``foreach`` and ``fused`` are
    accepted for compatibility and change nothing. With ``differentiable`` the step itself is on the
    tape. Raises ``ValueError`` for options out of range. Source: Sutskever et al. 2013.
    """

    update = Update(
        "sgd",
        tensors=("momentum_buffer",),
        optional={"momentum_buffer": "momentum"},
        options=("momentum", "dampening", "nesterov", "is_new"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        "nesterov": False,
        "maximize": False,
        "foreach": None,
        "differentiable": False,
        "fused": False,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        is_nesterov_ready = momentum > 0 and dampening == 0
        check(
            not nesterov or is_nesterov_ready,
            "Nesterov momentum requires a momentum and zero dampening",
        )
        super().__init__(params, defaults)
        check_fused(self)

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """Memory for the momentum, which the first step fills with the gradient."""
        like = p if p.grad is None else p.grad
        return {name: tapegrad.empty_like(like) for name in self.update.names(group)}

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        momentum = group["momentum"]
        if momentum != 0:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = g.detach().clone()
            else:
                buffer = momentum * buffer + (1 - group["dampening"]) * g
            state["momentum_buffer"] = buffer
            g = g + momentum * buffer if group["nesterov"] else buffer
        p.sub_(group["lr"] * g)
