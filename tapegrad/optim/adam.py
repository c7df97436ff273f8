"""Adam."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_adam, check_fused, check_one_element
from tapegrad.optim._formula import FormulaOptimizer, moved
from tapegrad.optim._update import Update

NO_TENSORS = "as a Tensor is not supported for capturable=False and foreach=True"


class Adam(FormulaOptimizer):
    """Divide the mean of the gradient by the root of the mean of its square.

    ``m ← beta1·m + (1 - beta1)·g``, ``v ← beta2·v + (1 - beta2)·g²``, then
    ``p ← p - lr·(m / (1 - beta1ᵗ)) / (sqrt(v / (1 - beta2ᵗ)) + eps)`` in step ``t``. With
    ``amsgrad`` the largest ``v`` so far takes the place of ``v``. Weight decay adds
    ``weight_decay·p`` to ``g``, or with ``decoupled_weight_decay`` shrinks ``p`` by
    ``lr·weight_decay`` beforehand. Raises ``ValueError`` for options out of range. Sources: Kingma
    and Ba 2014; Reddi et al. 2018 (AMSGrad).
    """

    update = Update(
        "adam",
        "adam_factors",
        numbers={"step": 0.0},
        tensors=("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
        optional={"max_exp_avg_sq": "amsgrad"},
        options=("betas", "eps", "decoupled_weight_decay", "amsgrad"),
    )
    late_options: ClassVar[dict[str, Any]] = {
        "amsgrad": False,
        **FormulaOptimizer.late_options,
        "decoupled_weight_decay": False,
        "fused": None,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor):
            check(not foreach or capturable, f"lr {NO_TENSORS}")
        check_adam(lr, betas, eps, weight_decay)
        are_tensors = all(isinstance(beta, Tensor) for beta in betas)
        check(
            are_tensors or all(isinstance(beta, float) for beta in betas),
            "betas must be either both floats or both Tensors",
        )
        for k in range(2 if are_tensors else 0):
            check(not foreach or capturable, f"betas[{k}] {NO_TENSORS}")
            check_one_element(betas[k], f"betas[{k}]")
        defaults = {
            "lr": lr,
            "betas": tuple(map(_without_dims, betas)),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        check_fused(self)

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """The step in tensor operations."""
        (beta1, beta2), t = group["betas"], state["step"].clone()
        state["exp_avg"] = m = moved(state["exp_avg"], g, 1 - beta1)
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = v = tapegrad.maximum(state["max_exp_avg_sq"], v)
        rate = -_without_dims(group["lr"]) / (1 - beta1**t)
        p.addcdiv_(m, v.sqrt() / ((1 - beta2**t).sqrt() * rate) + group["eps"] / rate)

    def _check_flags(self, group: dict[str, Any]) -> None:
        super()._check_flags(group)
        if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
            raise RuntimeError(f"lr {NO_TENSORS}")


def _without_dims(value: Any) -> Any:
    return value.squeeze() if isinstance(value, Tensor) and value.dim() != 0 else value
