"""Optimizers that say how one parameter changes, and which kernel does it to all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._update import Update, has_flags
from tapegrad.optim.optimizer import Optimizer, closure_loss

CAPTURABLE_ON = ["cuda", "xpu", "hpu", "privateuseone", "xla"]


class FormulaOptimizer(Optimizer):
    """An optimizer whose step is a formula for one parameter, and a kernel for a whole group.

    A subclass names the kernel in ``update`` and writes ``formula`` in tensor operations, for
    ``differentiable``. State, missing gradients, weight decay, ``maximize`` and the count of steps
    are looked after here.
    """

    update: ClassVar[Update]
    late_options: ClassVar[dict[str, Any]] = {
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
    }
    capturable_tensors: ClassVar[str] = "params and state_steps"
    capturable_on: ClassVar[list[str]] = CAPTURABLE_ON

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The state before a parameter's first step."""
        numbers = self.update.numbers.items()
        return {name: number_tensor(value, group) for name, value in numbers} | {
            name: tapegrad.zeros_like(p, requires_grad=False) for name in self.update.names(group)
        }

    def formula(self, p: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change ``p`` and its state by the gradient ``g`` in operations that autograd knows."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters once; a ``closure`` computes the loss anew and returns it."""
        loss = None if closure is None else closure_loss(closure)
        for group in self.param_groups:
            if not has_flags(group):
                self._step_at_once(group)
                continue
            self._check_flags(group)
            if group.get("differentiable"):
                self._step_on_tape(group)
            else:
                self._step_at_once(group)
        return loss

    def _step_at_once(self, group: dict[str, Any]) -> None:
        self.update(group, self)

    def _check_flags(self, group: dict[str, Any]) -> None:
        """Refuse what PyTorch refuses to do on a processor."""
        stepped = [p for p in group["params"] if p.grad is not None]
        if not stepped:
            return
        if group["foreach"] and group.get("differentiable"):
            raise AssertionError("_foreach ops don't support autograd")
        if group.get("capturable"):
            raise AssertionError(
                f"If capturable=True, {self.capturable_tensors} must be on supported devices: "
                f"{self.capturable_on}."
            )
        for p in stepped if group.get("fused") else ():
            if not p.is_floating_point():
                raise RuntimeError(
                    "`fused=True` requires all the params to be floating point Tensors of "
                    f"supported devices: ['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', "
                    f"'privateuseone'] but {p.dtype} and {p.device.type}"
                )

    def _step_on_tape(self, group: dict[str, Any]) -> None:
        """Follow the formula, one parameter after the other."""
        with tapegrad.set_grad_enabled(self.defaults["differentiable"]):
            for p in group["params"]:
                if p.grad is None:
                    continue
                is_counted = bool(self.update.numbers)
                state = self.state[p] if is_counted or self.update.names(group) else {}
                if is_counted and not state:
                    state.update(self.start(p, group))
                if is_counted:
                    state["step"] += 1
                self.formula(p, decayed(p, p.grad, group), state, group)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self.late_options.items():
                group.setdefault(name, default)
            for p in group["params"]:
                kept = self.state.get(p, {})
                for name in self.update.numbers:
                    if kept and not isinstance(kept[name], Tensor):
                        kept[name] = number_tensor(float(kept[name]), group)


def decayed(p: Tensor, grad: Tensor, group: dict[str, Any]) -> Tensor:
    """The gradient to step against; weight decay joins it, or shrinks ``p`` at once."""
    g, decay = -grad if group["maximize"] else grad, group.get("weight_decay", 0)
    if decay == 0:
        return g
    if group.get("decoupled_weight_decay"):
        p.mul_(1 - group["lr"] * decay)
        return g
    return g + decay * p


def moved(mean: Tensor, value: Tensor, share: Any) -> Tensor:
    """A running mean after the next value: the way from one to the other by ``share``."""
    return mean + share * (value - mean)


def number_tensor(value: float, group: dict[str, Any]) -> Tensor:
    """A number of the state, such as the count of steps, as PyTorch keeps it."""
    is_double = tapegrad.get_default_dtype() is tapegrad.float64 and not group.get("fused")
    return tapegrad.tensor(value, dtype=tapegrad.float64 if is_double else tapegrad.float32)
