"""One pass over a loader without training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn.module import Module
from tapegrad.ops.shape import cat
from tapegrad.training.corrupt import readable_batches
from tapegrad.training.metrics import Mean, Metric

Forward = Callable[[Module, Callable[..., Tensor], Any], tuple[Tensor, Any, Any]]


def forward_pass(
    model: Module, loss: Callable[..., Tensor], batch: Any
) -> tuple[Tensor, Any, Any]:
    """Loss, outputs and targets of a batch ``(*inputs, targets)``.

    A trainer takes any other function of this form for batches of another one.
    """
    *inputs, targets = batch
    outputs = model(*inputs)
    return loss(outputs, targets), outputs, targets


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """A block with the whole model in ``eval()`` mode; each module is back in its own after it."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def evaluate(
    model: Module,
    loss: Callable[..., Tensor],
    loader: Iterable[Any],
    metrics: Mapping[str, Metric] | None = None,
    forward: Forward = forward_pass,
) -> dict[str, float]:
    """The mean loss over all samples of a loader, as ``loss``, and the metrics by their names."""
    mean, metrics = Mean(), metrics or {}
    for metric in metrics.values():
        metric.reset()
    with evaluating(model), no_grad():
        for batch in readable_batches(loader):
            value, outputs, targets = forward(model, loss, batch)
            collect(mean, metrics, value.item(), outputs, targets)
    return results(mean, metrics)


def collect(
    mean: Mean, metrics: Mapping[str, Metric], loss: float, outputs: Any, targets: Any
) -> None:
    """Take a batch into the mean loss and the metrics."""
    mean.add(loss, len(targets))
    with no_grad():
        for metric in metrics.values():
            metric.update(outputs, targets)


def results(mean: Mean, metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The mean loss and the metrics of a pass."""
    return {"loss": mean.compute(), **{name: one.compute() for name, one in metrics.items()}}


def predict(model: Module, loader: Iterable[Any]) -> Tensor:
    """The outputs for all samples of a loader of inputs, or of batches that begin with them."""
    with evaluating(model), no_grad():
        return cat([
            model(batch[0] if isinstance(batch, (list, tuple)) else batch)
            for batch in readable_batches(loader)
        ])  # fmt: skip




__all__ = ["collect", "evaluate", "evaluating", "forward_pass", "predict", "results"]
