"""The training loop."""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module
from tapegrad.optim.lr_scheduler import ReduceLROnPlateau
from tapegrad.serialization.api import load
from tapegrad.training import saving
from tapegrad.training.best import Best, EarlyStopping
from tapegrad.training.callbacks import Callback
from tapegrad.training.checkpoint import Checkpoints
from tapegrad.training.corrupt import numbered_batches
from tapegrad.training.evaluation import Forward, collect, evaluate, forward_pass, results
from tapegrad.training.failure import Run, failure_of
from tapegrad.training.gradients import clip_gradients
from tapegrad.training.history import History
from tapegrad.training.interrupt import DeferredInterrupt
from tapegrad.training.metrics import Mean, Metric
from tapegrad.training.progress import progress_bar
from tapegrad.training.random_state import random_state, set_random_state
from tapegrad.training.resuming import rest_of_pass, set_epoch


class Trainer:
    """Trains a model epoch by epoch: forward, backward, step; validation; a checkpoint.

    ``loss(outputs, targets)`` is a batch's mean loss; ``forward(model, loss, batch)`` runs batches
    that are not ``(*inputs, targets)``. ``scheduler`` steps once an epoch, or with
    ``scheduler_every="step"`` after each step of the optimizer. ``metrics`` are collected over each
    pass, by name. ``accumulate`` batches make a step, each with that share of its loss; the last
    step of an epoch takes what is left. Gradients are clipped to the norm ``clip_norm`` and to
    ``±clip_value``. ``ema``, an ``AveragedModel``, follows each step, and is what is validated.

    ``folder`` gets a checkpoint after each epoch, and after every ``checkpoint_every`` steps, of
    which ``keep`` stay, and the best weights by ``best``, a column of the history: without one the
    validation's loss, or the training's. Modules in ``eval()`` mode inside a model that trains stay
    so: frozen bodies keep their statistics.

    Raises ValueError for options out of range.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Tensor],
        optimizer: Any,
        *,
        scheduler: Any = None,
        scheduler_every: Literal["epoch", "step"] = "epoch",
        metrics: Mapping[str, Metric] | None = None,
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        ema: Any = None,
        best: Best | None = None,
        early_stopping: EarlyStopping | None = None,
        folder: str | os.PathLike | None = None,
        checkpoint_every: int | None = None,
        keep: int = 2,
        callbacks: Sequence[Callback] = (),
        forward: Forward = forward_pass,
        progress: bool = True,
    ) -> None:
        if scheduler_every not in ("epoch", "step"):
            raise ValueError(f"scheduler_every must be 'epoch' or 'step', not {scheduler_every!r}")
        for name, n in (("accumulate", accumulate), ("checkpoint_every", checkpoint_every)):
            if n is not None and n < 1:
                raise ValueError(f"{name} must be at least 1, but is {n}")
        self.model, self.loss, self.optimizer, self.forward = model, loss, optimizer, forward
        self.scheduler, self.scheduler_every = scheduler, scheduler_every
        self.accumulate, self.clip_norm, self.clip_value = accumulate, clip_norm, clip_value
        self.ema, self.best, self.early_stopping = ema, best, early_stopping
        self.checkpoints = None if folder is None else Checkpoints(folder, keep)
        self.checkpoint_every, self.callbacks = checkpoint_every, list(callbacks)
        self.progress = progress

        self.metrics = dict(metrics or {})
        self.validation_metrics = copy.deepcopy(self.metrics)
        self.mean, self.history = Mean(), History()
        self.position = saving.Position()
        self.interrupt = DeferredInterrupt(is_active=self.checkpoints is not None)
        self.is_stopped = False
        self.waiting: list[Run] = []  # batches whose gradients wait for a step
        self.generators: list = []
        self.state_at_start: dict[str, Any] = {}

    def fit(
        self,
        train: Iterable[Any],
        validation: Iterable[Any] | None = None,
        epochs: int = 1,
        *,
        resume: bool = False,
    ) -> History:
        """Train until ``epochs`` are done in all, those of earlier calls among them.

        With ``resume=True`` it goes on from the folder's newest checkpoint, in the middle of an
        epoch too, and ends with the weights that it would have reached without the interruption,
        bit for bit; without any checkpoint it begins. Ctrl-C ends it after the step's checkpoint
        with :class:`Interrupted`, which makes a program exit with 130.

        Raises NonFiniteError, with the operation and its line, for a loss or gradient that is not
        finite; CheckpointError where none can be written or read; FileExistsError for a folder of
        an earlier training without ``resume``.
        """
        saving.begin(self, [train] if validation is None else [train, validation], resume)
        with self.interrupt:
            while self.position.epoch < epochs and not self.should_stop:
                start = time.perf_counter()
                row = self.train_epoch(train, epochs)
                if validation is not None:
                    row |= self.validate(validation)
                self.end_epoch({**row, "seconds": time.perf_counter() - start})
        self.notify("on_fit_end")
        return self.history

    def train_epoch(self, loader: Iterable[Any], epochs: int) -> dict[str, float]:
        """Train on what is left of the epoch; the row of the history about it."""
        if not self.model.training:
            self.model.train()
        label = f"epoch {self.position.epoch + 1}/{epochs}"
        done, is_shown = self.position.batch, self.progress
        with progress_bar(loader, label, done=done, is_shown=is_shown) as bar:
            for number, batch in self.batches(loader):
                self.position.batch = number + 1
                loss = self.train_batch(batch)
                if len(self.waiting) == self.accumulate:
                    self.step(loss)
                bar.set_postfix_str(f"loss={self.mean.compute():.4g}", refresh=False)
                bar.update()
            self.position.is_pass_over = True
            if self.waiting:
                self.step(loss)
        where = {"epoch": self.position.epoch + 1, "step": self.position.step}
        rate = float(self.optimizer.param_groups[0]["lr"])
        return {**where, "lr": rate, **results(self.mean, self.metrics)}

    def train_batch(self, batch: Any) -> float:
        """Add the gradients of a batch to those that wait; its loss."""
        self.waiting.append(Run.about_to_begin(batch, self.model))
        loss, outputs, targets = self.forward(self.model, self.loss, batch)
        value = loss.item()
        if not math.isfinite(value):
            raise failure_of(self, f"the loss is {value}")
        (loss if self.accumulate == 1 else loss / self.accumulate).backward()
        collect(self.mean, self.metrics, value, outputs, targets)
        return value

    def step(self, loss: float) -> None:
        """Step with the gradients that wait, and all that follows a step."""
        if not clip_gradients(self.optimizer, self.clip_norm, self.clip_value):
            raise failure_of(self, "a gradient is not finite")
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.waiting.clear()
        self.position.step += 1
        if self.scheduler is not None and self.scheduler_every == "step":
            self.scheduler.step()
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        self.notify("on_step_end", loss)
        if self.checkpoint_every and self.position.step % self.checkpoint_every == 0:
            saving.save(self)
        saving.end_if_interrupted(self)

    def validate(self, loader: Iterable[Any]) -> dict[str, float]:
        """Loss and metrics over a loader, with names that begin with ``val_``."""
        state = random_state(self.generators)

        def watched() -> Iterator[Any]:
            with progress_bar(
                loader, "validation", leave=False, is_shown=self.progress
            ) as bar:
                for _, batch in numbered_batches(iter(loader), 0):
                    if self.interrupt.requested:  # begin this validation again
                        set_random_state(state, self.generators)
                        saving.end_if_interrupted(self)
                    yield batch
                    bar.update()

        model = self.model if self.ema is None else self.ema
        found = evaluate(model, self.loss, watched(), self.validation_metrics, self.forward)
        return {f"val_{name}": value for name, value in found.items()}

    def end_epoch(self, row: dict[str, float]) -> None:
        """Note an epoch's row, and decide by it about the rate, the best weights and the end."""
        self.history.append(row)
        assert self.best is not None  # chosen when the training began
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(row[self.best.column])
        elif self.scheduler is not None and self.scheduler_every == "epoch":
            self.scheduler.step()
        if self.early_stopping is not None:
            self.early_stopping.update(row)
        is_best = self.best.update(row)
        self.position.begin_next_epoch()
        self.notify("on_epoch_end", row)
        if self.checkpoints is not None:
            if is_best:
                saving.save_best(self, row)
            saving.save(self)
        saving.end_if_interrupted(self)

    def batches(self, loader: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """The numbered batches that are left of this epoch; a new one begins everything anew."""
        if self.position.is_pass_over:
            return iter(())
        set_epoch(loader, self.position.epoch)
        n_done = self.position.batch
        if n_done == 0:
            self.mean.reset()
            for metric in self.metrics.values():
                metric.reset()
            self.notify("on_epoch_start")
        now = random_state(self.generators)
        if n_done == 0:
            self.state_at_start = now
            return numbered_batches(iter(loader), 0)
        rest = rest_of_pass(loader, n_done, self.state_at_start, now, self.generators)
        return numbered_batches(rest, n_done)

    @property
    def should_stop(self) -> bool:
        """Whether no further epoch should begin; callbacks set ``is_stopped`` for that."""
        stopping = self.early_stopping
        return self.is_stopped or (stopping is not None and stopping.should_stop)

    def load_best(self) -> dict[str, float]:
        """Put the folder's best weights into the model; the row of the history about them."""
        if self.checkpoints is None:
            raise ValueError("a trainer without a folder keeps no best weights")
        best = load(self.checkpoints.best)
        self.model.load_state_dict(best["model"])
        return best["row"]

    def notify(self, event: str, *details: Any) -> None:
        """Call a method of all callbacks."""
        for callback in self.callbacks:
            getattr(callback, event)(self, *details)


__all__ = ["Trainer"]
