"""What a trainer says, and saves, when a loss or a gradient is not finite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn.module import Module
from tapegrad.ops.generators import default_generator
from tapegrad.training import saving
from tapegrad.training.checkpoint import CheckpointError
from tapegrad.training.nonfinite import NonFiniteError, Origin, find_nonfinite, worst

if TYPE_CHECKING:
    from tapegrad.training.trainer import Trainer


@dataclass
class Run:
    """A forward pass of a batch, and what is needed to undo it or to run it once more."""

    batch: Any
    random_state: Tensor
    buffers: dict[str, Tensor]

    @classmethod
    def about_to_begin(cls, batch: Any, model: Module) -> Run:
        """The run of a batch on a model as it is now."""
        buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
        return cls(batch, default_generator.get_state(), buffers)

    @no_grad()
    def undo(self, model: Module) -> None:
        """Put the buffers back that the run may have changed, as the statistics of a batch norm."""
        for name, buffer in model.named_buffers():
            if name in self.buffers:
                buffer.copy_(self.buffers[name])

    def watch(self, trainer: Trainer) -> Origin | None:
        """Run once more, and backward, and look for what first was not finite."""
        def compute() -> Tensor:
            default_generator.set_state(self.random_state)
            return trainer.forward(trainer.model, trainer.loss, self.batch)[0]

        with no_grad():
            is_finite = not worst([compute()])
        with nullcontext() if is_finite else _nothing_frozen(trainer.model):
            return find_nonfinite(compute, trainer.model)


@contextmanager
def _nothing_frozen(model: Module) -> Iterator[None]:
    """A block in which frozen layers are recorded too, so that they can be named."""
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    for parameter in frozen:
        parameter.requires_grad_()
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
            parameter.grad = None


def failure_of(trainer: Trainer, what: str) -> NonFiniteError:
    """The error about ``what``: where it was, what it came from, what was saved.

    The model is as it was before the batches that wait for a step.
    """
    position, runs = trainer.position, list(trainer.waiting)
    runs[0].undo(trainer.model)
    trainer.optimizer.zero_grad()
    trainer.waiting.clear()
    saved = _save(trainer)
    cause = _cause(trainer, runs)
    where = f"{what} in epoch {position.epoch + 1}, batch {position.batch} (step {position.step})"
    return NonFiniteError(f"{where}: {cause}. {saved}")


def _cause(trainer: Trainer, runs: list[Run]) -> str:
    for name, parameter in trainer.model.named_parameters():
        if worst([parameter]):
            return f"the parameter {name} is not finite itself"
    if any(worst(_leaves(run.batch)) for run in runs):
        return "the batch holds numbers that are not finite"
    state = default_generator.get_state()
    try:
        origins = (run.watch(trainer) for run in runs)
        found = next((origin for origin in origins if origin is not None), None)
    finally:
        default_generator.set_state(state)
        runs[0].undo(trainer.model)
        trainer.model.zero_grad()
    return "running the batch again gave finite numbers" if found is None else str(found)


def _save(trainer: Trainer) -> str:
    """Keep the weights from before the batch; what to tell about it."""
    if trainer.checkpoints is None:
        return "The weights are those from before it."
    if not worst(trainer.model.state_dict().values()):
        with suppress(CheckpointError):
            path = saving.save(trainer)
            return f"{path} holds the weights from before it; resume=True goes on after it."
    whole = trainer.checkpoints.paths()
    return f"The newest whole checkpoint is {whole[-1]}." if whole else "There is no checkpoint."


def _leaves(batch: Any) -> list[Any]:
    if isinstance(batch, dict):
        batch = list(batch.values())
    if isinstance(batch, (list, tuple)):
        return [leaf for item in batch for leaf in _leaves(item)]
    return [batch]


__all__ = ["Run", "failure_of"]
