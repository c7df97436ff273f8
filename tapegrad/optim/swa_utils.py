"""Averages of a model's parameters over a training.

It knows modules, which other optimizer code does not: ``tapegrad.optim`` loads it when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, Literal

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.batchnorm import _BatchNorm
from tapegrad.nn.module import Module
from tapegrad.optim.lr_scheduler._groups import one_each
from tapegrad.optim.lr_scheduler.scheduler import LRScheduler
from tapegrad.optim.optimizer import Optimizer

Average = Callable[[Tensor, Tensor, Any], Tensor]
AverageOfAll = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """An exponential average of one parameter: ``decay·average + (1 - decay)·present``.

    Raises ``ValueError`` unless ``decay`` is between 0 and 1.
    """
    _check_decay(decay)

    @tapegrad.no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """The mean of one parameter: ``average + (present - average) / (n + 1)``."""

    @tapegrad.no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageOfAll:
    """An exponential average of a list of parameters, in place.

    Raises ``ValueError`` unless ``decay`` is between 0 and 1.
    """
    _check_decay(decay)

    @tapegrad.no_grad()
    def ema_update(
        ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: Any
    ) -> None:
        for average, present in zip(ema_param_list, current_param_list, strict=True):
            if average.is_floating_point():
                average.lerp_(present, 1 - decay)
            else:
                average.copy_(average * decay + present * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> AverageOfAll:
    """The mean of a list of parameters, in place."""

    @tapegrad.no_grad()
    def swa_update(
        averaged_param_list: Sequence[Tensor],
        current_param_list: Sequence[Tensor],
        num_averaged: Any,
    ) -> None:
        for average, present in zip(averaged_param_list, current_param_list, strict=True):
            if average.is_floating_point():
                average.lerp_(present, float(1 / (num_averaged + 1)))
            elif isinstance(num_averaged, Tensor):
                average.addcdiv_(present - average, num_averaged + 1)
            else:
                average.add_(present - average, alpha=1.0 / (num_averaged + 1))

    return swa_update


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's.

    ``update_parameters(model)`` takes the present parameters in: by ``avg_fn(average, present,
    n_averaged)``, by ``multi_avg_fn``, which is handed lists of one dtype and writes in place, or
    else into the plain mean. Buffers are averaged with ``use_buffers``, otherwise copied. Raises
    ``AssertionError`` if both functions are given. Source: Izmailov et al. 2018.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: AverageOfAll | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tapegrad.tensor(0, dtype=tapegrad.int64, device=device))
        self.avg_fn, self.multi_avg_fn = avg_fn, multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of ``model`` into the average."""
        pairs = [
            (average.detach(), present.detach())
            for average, present in zip(
                self._averaged(self.module), self._averaged(model), strict=False
            )
        ]
        if self.n_averaged == 0:
            _copy(pairs)
        elif self.multi_avg_fn is not None:
            for averages, presents in _by_dtype(pairs):
                self.multi_avg_fn(averages, presents, self.n_averaged)
        else:
            mean = self.avg_fn or get_swa_avg_fn()
            _copy([(average, mean(average, now, self.n_averaged)) for average, now in pairs])
        if not self.use_buffers:
            buffers = zip(self.module.buffers(), model.buffers(), strict=True)
            _copy([(copy.detach(), buffer.detach()) for copy, buffer in buffers])
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        if self.use_buffers:
            return chain(model.parameters(), model.buffers())
        return model.parameters()


def _copy(pairs: Iterable[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)


def _by_dtype(pairs: Iterable[tuple[Tensor, Tensor]]) -> Iterable[tuple[list, list]]:
    groups: dict[Any, tuple[list, list]] = {}
    for average, present in pairs:
        averages, presents = groups.setdefault(average.dtype, ([], []))
        averages.append(average)
        presents.append(present)
    return groups.values()


@tapegrad.no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of all batch norms anew, over the batches of ``loader``.

    A batch is an input, or a list or tuple that begins with one.
    """
    momenta = {
        module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)
    }
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # the plain mean over all batches
    for batch in loader:
        inputs = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(inputs if device is None else inputs.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the present rates to ``swa_lr`` in ``anneal_epochs`` steps, and constant from there.

    ``swa_lr`` is a rate or a list of one a group; ``anneal_strategy`` is ``"cos"`` or
    ``"linear"``. Raises ``ValueError`` for options out of range. Source: Izmailov et al. 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_each("swa_lr", optimizer, swa_lr)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates of the step that is being taken."""
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        return [
            group["swa_lr"] * now + _undone(group["lr"], group["swa_lr"], before) * (1 - now)
            for group in self.optimizer.param_groups
        ]

    def _share(self, step: int) -> float:
        """How much of the way to ``swa_lr`` is behind after a step."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t


def _undone(lr: Any, swa_lr: Any, share: float) -> Any:
    """The rate that the way to ``swa_lr`` began with."""
    return swa_lr if share == 1 else (lr - share * swa_lr) / (1 - share)
