"""What optimizers refuse when they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tapegrad._tensor import Tensor

if TYPE_CHECKING:
    from tapegrad.optim.optimizer import Optimizer


def check(condition: Any, message: str) -> None:
    """Refuse an option with a ``ValueError``."""
    if not condition:
        raise ValueError(message)


def is_not_negative(value: Any) -> Any:
    """Compare in the order that PyTorch's ``TypeError`` names."""
    return 0.0 <= value  # noqa: SIM300


def check_rate(lr: Any) -> None:
    """A learning rate is a number from zero on, or a tensor of one."""
    check_one_element(lr, "lr")
    check(is_not_negative(lr), f"Invalid learning rate: {lr}")


def check_one_element(value: Any, name: str) -> None:
    """An option that is a tensor has one element."""
    check(not isinstance(value, Tensor) or value.numel() == 1, f"Tensor {name} must be 1-element")


def check_not_negative(**options: Any) -> None:
    """Options, called by their names in the text, are at least zero."""
    for name, value in options.items():
        check(is_not_negative(value), f"Invalid {name} value: {value}")


def check_eps(eps: Any) -> None:
    """The number that keeps denominators from zero is none below it."""
    check(is_not_negative(eps), f"Invalid epsilon value: {eps}")


def check_betas(betas: Any) -> None:
    """Both rates of running means lie from zero to below one."""
    for k in range(2):
        check(0.0 <= betas[k] < 1.0, f"Invalid beta parameter at index {k}: {betas[k]}")


def check_adam(lr: Any, betas: Any, eps: Any, weight_decay: Any) -> None:
    """What Adam and its kin have in common."""
    check_rate(lr)
    check_eps(eps)
    check_betas(betas)
    check_not_negative(weight_decay=weight_decay)


def check_fused(optimizer: Optimizer) -> None:
    """``fused`` excludes two other ways to step."""
    if not optimizer.defaults["fused"]:
        return
    if optimizer.defaults["differentiable"]:
        raise RuntimeError("`fused` does not support `differentiable`")
    if optimizer.defaults["foreach"]:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
