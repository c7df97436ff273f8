"""A table of a model's layers, and the memory of a training step, measured."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd import tape_info
from tapegrad.finetune._table import human_bytes, table
from tapegrad.nn import Module
from tapegrad.optim import Optimizer
from tapegrad.utils._pytree import tree_flatten


@dataclass(frozen=True)
class Row:
    """One layer: its name, class, the shape that it gives, and how many parameters it has.

    The shape is a list for several outputs, None for a layer that did not run.
    """

    name: str
    kind: str
    output_shape: Any
    parameters: int
    trainable: int

    @property
    def state(self) -> str:
        """``trainable``, ``frozen``, ``partly``, or nothing for a layer without parameters."""
        if not self.parameters:
            return ""
        return {0: "frozen", self.parameters: "trainable"}.get(self.trainable, "partly")


@dataclass(frozen=True, repr=False)
class Summary:
    """What :func:`summary` found; printed it is a table. Sizes are in bytes."""

    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    parameter_bytes: int
    buffer_bytes: int
    saved_bytes: int
    gradient_bytes: int
    optimizer_bytes: int

    @property
    def frozen(self) -> int:
        """How many parameters are frozen."""
        return self.parameters - self.trainable

    @property
    def step_bytes(self) -> int:
        """Parameters, buffers, what the tape saves, gradients and optimizer state together."""
        return (self.parameter_bytes + self.buffer_bytes + self.saved_bytes + self.gradient_bytes
                + self.optimizer_bytes)  # fmt: skip

    def __repr__(self) -> str:
        cells = [(row.name, row.kind, str(row.output_shape or "-"), f"{row.parameters:,}",
                  row.state) for row in self.rows]  # fmt: skip
        memory = {
            "parameters": self.parameter_bytes, "buffers": self.buffer_bytes,
            "saved for backward": self.saved_bytes, "gradients": self.gradient_bytes,
            "optimizer": self.optimizer_bytes, "step": self.step_bytes,
        }  # fmt: skip
        return "\n".join((
            table(("layer", "class", "output", "parameters", ""), cells, right={3}),
            f"parameters: {self.parameters:,} = {self.trainable:,} trainable "
            f"+ {self.frozen:,} frozen",
            "memory: " + ", ".join(f"{name} {human_bytes(n)}" for name, n in memory.items()),
        ))  # fmt: skip


def summary(
    model: Module, input_size: Sequence[int] | None = None, *, example: Any = None,
    optimizer: Optimizer | None = None,
) -> Summary:  # fmt: skip
    """Run a model once and tell its layers, their outputs and parameters, and a step's memory.

    The input is ``example`` (a tensor, or a tuple of arguments), or random numbers of
    ``input_size``, batch included. Saved bytes are what the tape holds after the forward pass in
    the mode that the model is in; gradients are those of the trainable parameters; the optimizer's
    state is that after a step, 0 without ``optimizer``. A copy of the model runs: statistics,
    gradients and random state stay. Raises TypeError unless one of the two inputs is given.
    """
    if (input_size is None) == (example is None):
        raise TypeError("summary() needs either input_size or example")
    random_state = tapegrad.get_rng_state()
    try:
        arguments = (tapegrad.randn(*input_size),) if input_size is not None else example
        ran = deepcopy(model)
        shapes, saved = _run(ran, arguments if isinstance(arguments, tuple) else (arguments,))
        state_bytes = 0 if optimizer is None else _state_bytes(optimizer)
    finally:
        tapegrad.set_rng_state(random_state)
    trained = [p for p in ran.parameters() if p.requires_grad]
    return Summary(
        rows=tuple(_rows(ran, shapes)),
        parameters=_count(ran.parameters()),
        trainable=_count(trained),
        parameter_bytes=_bytes(ran.parameters()),
        buffer_bytes=_bytes(ran.buffers()),
        saved_bytes=saved,
        gradient_bytes=_bytes(trained),
        optimizer_bytes=state_bytes,
    )


def _run(model: Module, arguments: tuple) -> tuple[dict[Module, Any], int]:
    """The shape that each module gave last, and what the tape saved."""
    shapes: dict[Module, Any] = {}

    def note(module: Module, inputs: Any, output: Any) -> None:
        shapes[module] = _shape(output)

    handles = [module.register_forward_hook(note) for module in model.modules()]
    try:
        with tapegrad.enable_grad():
            before = tape_info().saved_bytes
            output = model(*arguments)
            saved = tape_info().saved_bytes - before
            del output
    finally:
        for handle in handles:
            handle.remove()
    return shapes, saved


def _shape(output: Any) -> Any:
    """The shape of a tensor, a list of those of several, nothing for what holds none."""
    if isinstance(output, Tensor):
        return tuple(output.shape)
    shapes = [tuple(leaf.shape) for leaf in tree_flatten(output)[0] if isinstance(leaf, Tensor)]
    return shapes[0] if len(shapes) == 1 else shapes


def _rows(model: Module, shapes: dict[Module, Any]) -> list[Row]:
    """A row for each module that has parameters of its own or nothing below it."""
    rows, seen = [], set()
    for name, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if p not in seen]
        seen.update(own)
        if own or next(module.children(), None) is None:
            trained = [p for p in own if p.requires_grad]
            kind = type(module).__name__
            rows.append(Row(name, kind, shapes.get(module), _count(own), _count(trained)))
    return rows


def _state_bytes(optimizer: Optimizer) -> int:
    """What a step would leave as state, found with parameters of the same shapes."""
    twins = {p: tapegrad.zeros_like(p) for group in optimizer.param_groups for p in group["params"]
             if p.requires_grad}  # fmt: skip
    if not twins:
        return 0
    for twin in twins.values():
        twin.requires_grad_().grad = tapegrad.zeros_like(twin)
    groups = [{**group, "params": [twins[p] for p in group["params"] if p in twins]}
              for group in optimizer.param_groups]  # fmt: skip
    for group in groups:
        group.pop("param_names", None)
    make: Any = type(optimizer)
    trial = make([group for group in groups if group["params"]])
    trial.step(lambda: tapegrad.zeros(()))
    held, _ = tree_flatten([dict(state) for state in trial.state.values()])
    return _bytes(value for value in held if isinstance(value, Tensor))


def _count(tensors: Any) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _bytes(tensors: Any) -> int:
    return sum(tensor.nbytes for tensor in tensors)
