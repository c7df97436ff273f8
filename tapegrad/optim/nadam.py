"""NAdam."""

from __future__ import annotations

from typing import Any, ClassVar

from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check_adam, check_not_negative
from tapegrad.optim._formula import FormulaOptimizer, moved
from tapegrad.optim._update import Update


class NAdam(FormulaOptimizer):
    """Adam with Nesterov's look ahead.

    ``m`` and ``v`` as in Adam, ``mu(t) = beta1·(1 - 0.96^(t·momentum_decay) / 2)`` and ``M`` the
    product of all ``mu`` so far; then
    ``p ← p - lr·(g·(1 - mu(t)) / (1 - M) + m·mu(t+1) / (1 - M·mu(t+1))) / n`` with
    ``n = sqrt(v / (1 - beta2ᵗ)) + eps``. Raises ``ValueError`` for options out of range. Source:
    Dozat 2016.
    """

    update = Update(
        "nadam",
        "nadam_factors",
        numbers={"step": 0.0, "mu_product": 1.0},
        tensors=("exp_avg", "exp_avg_sq"),
        options=("betas", "eps", "decoupled_weight_decay", "momentum_decay"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        **FormulaOptimizer.late_options,
        "decoupled_weight_decay": False,
    }
    capturable_tensors = "params, mu_products and state_steps"

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_adam(lr, betas, eps, weight_decay)
        check_not_negative(momentum_decay=momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        (beta1, beta2), t, lr = group["betas"], state["step"].item(), group["lr"]
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"])) for step in (t, t + 1)
        )
        state["mu_product"] = product = state["mu_product"] * mu
        state["exp_avg"] = m = moved(state["exp_avg"], g, 1 - beta1)
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        size = (v / (1 - beta2**t)).sqrt() + group["eps"]
        p.addcdiv_(g * (-lr * (1 - mu) / (1 - product)), size)
        p.addcdiv_(m * (-lr * mu_next / (1 - product * mu_next)), size)
