"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._core import update_each, with_gradients
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.optim.optimizer import Optimizer, check, closure_loss

_KERNEL = OURS["sgd"]


class SGD(Optimizer):
    """Step against the gradient, with momentum.

    ``g ← g + weight_decay·p``, ``b ← momentum·b + (1 - dampening)·g`` (at first ``b = g``), then
    ``p ← p - lr·b``; with ``nesterov`` ``p ← p - lr·(g + momentum·b)``. ``maximize`` turns the
    gradient round. One compiled call steps all parameters of a group; ``foreach`` and ``fused`` are
    accepted for compatibility and change nothing. With ``differentiable`` the step itself is on the
    tape. Source: Sutskever et al. 2013.
    """

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
        check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
        check(lr >= 0.0, f"Invalid learning rate: {lr}")
        check(momentum >= 0.0, f"Invalid momentum value: {momentum}")
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        is_nesterov_ready = momentum > 0 and dampening == 0
        check(
            not nesterov or is_nesterov_ready,
            "Nesterov momentum requires a momentum and zero dampening",
        )
        if fused and differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if fused and foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
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
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters once; a ``closure`` computes the loss anew and returns it."""
        loss = None if closure is None else closure_loss(closure)
        for group in self.param_groups:
            if group["differentiable"]:
                self._step_on_tape(group)
            else:
                self._step_at_once(group)
        return loss

    def _step_at_once(self, group: dict[str, Any]) -> None:
        """One compiled call for all parameters, and one for those that have no momentum yet."""
        parameters, grads = with_gradients(group["params"])
        if group["momentum"] == 0:
            _update(grads, parameters, parameters, group, is_first=False)
            return
        buffers: list[Any] = [self.state[p].get("momentum_buffer") for p in parameters]
        new = [k for k, buffer in enumerate(buffers) if buffer is None]
        if new:
            self._start_momentum([parameters[k] for k in new], [grads[k] for k in new], group)
            for k in reversed(new):
                del parameters[k], grads[k], buffers[k]
        _update(grads, parameters, buffers, group, is_first=False)

    def _start_momentum(
        self, parameters: list[Tensor], grads: list[Tensor], group: dict[str, Any]
    ) -> None:
        """The first step of parameters, whose momentum is the gradient."""
        buffers = [tapegrad.empty_like(p, requires_grad=False) for p in parameters]
        _update(grads, parameters, buffers, group, is_first=True)
        for p, buffer in zip(parameters, buffers, strict=True):
            self.state[p]["momentum_buffer"] = buffer

    def _step_on_tape(self, group: dict[str, Any]) -> None:
        """The same formula in tensor operations, so that it can be differentiated."""
        momentum = group["momentum"]
        for p in group["params"]:
            if p.grad is None:
                continue
            g = -p.grad if group["maximize"] else p.grad
            if group["weight_decay"] != 0:
                g = g + p * group["weight_decay"]
            if momentum != 0:
                buffer = self.state[p].get("momentum_buffer")
                if buffer is None:
                    buffer = g.detach().clone()
                else:
                    buffer = momentum * buffer + (1 - group["dampening"]) * g
                self.state[p]["momentum_buffer"] = buffer
                g = g + momentum * buffer if group["nesterov"] else buffer
            p.sub_(group["lr"] * g)


def _update(
    grads: list[Tensor],
    parameters: list[Tensor],
    buffers: list[Tensor],
    group: dict[str, Any],
    is_first: bool,
) -> None:
    """Step all ``parameters`` in one compiled call."""
    options = (
        float(group["lr"]),  # may be a tensor
        group["momentum"],
        group["dampening"],
        group["weight_decay"],
        group["nesterov"],
        group["maximize"],
        is_first,
    )
    written = (1,) if buffers is parameters else (1, 2)
    update_each(_KERNEL, (grads, parameters, buffers), params=options, written=written)
