"""RAdam."""

from __future__ import annotations

from typing import Any, ClassVar

from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_adam
from tapegrad.optim._formula import FormulaOptimizer, moved
from tapegrad.optim._update import Update


class RAdam(FormulaOptimizer):
    """Adam that scales by ``v`` only once its variance is known well enough.

    With ``R = 2 / (1 - beta2) - 1`` and ``r = R - 2·t·beta2ᵗ / (1 - beta2ᵗ)``, the length of the
    average so far: ``p ← p - lr·(m / (1 - beta1ᵗ))·s·sqrt(1 - beta2ᵗ) / (sqrt(v) + eps)`` where
    ``s² = (r - 4)(r - 2)R / ((R - 4)(R - 2)r)`` if ``r > 5``, else ``p ← p - lr·m / (1 - beta1ᵗ)``.
    Raises ``ValueError`` for options out of range. Source: Liu et al. 2020.
    """

    update = Update(
        "radam",
        "radam_factors",
        numbers={"step": 0.0},
        tensors=("exp_avg", "exp_avg_sq"),
        options=("betas", "eps", "decoupled_weight_decay"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        **FormulaOptimizer.late_options,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_adam(lr, betas, eps, weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        (beta1, beta2), t = group["betas"], state["step"].item()
        state["exp_avg"] = m = moved(state["exp_avg"], g, 1 - beta1)
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        left, limit = 1 - beta2**t, 2 / (1 - beta2) - 1
        length = limit - 2 * t * beta2**t / left
        change = m / (1 - beta1**t) * group["lr"]
        if length > 5:
            scale = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
            change = change * (left**0.5 / (v.sqrt() + group["eps"])) * scale**0.5
        p.sub_(change)
