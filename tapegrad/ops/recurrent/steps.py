"""Recurrences as formulas: a step after another in differentiable operations.

The compiled walk computes the same faster. These formulas are what it is held against, and what
second derivatives and float16 go through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tapegrad._sweep import sweep_gradients
from tapegrad._tensor import Tensor, _set_grad_enabled
from tapegrad.ops.activation import relu
from tapegrad.ops.linalg.linear import linear
from tapegrad.ops.pointwise import sigmoid, tanh
from tapegrad.ops.shape import cat, chunk


class Walk(NamedTuple):
    """How one layer goes over a sequence in one direction."""

    mode: str
    sizes: tuple[int, ...]  # how many samples take part in each step: never more than before
    is_reversed: bool


def _plain(activation: Callable) -> Callable:
    def step(from_input: Tensor, from_state: Tensor, hidden: Tensor) -> tuple[Tensor]:
        return (activation(from_input + from_state),)

    return step


def _lstm(
    from_input: Tensor, from_state: Tensor, hidden: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    i, f, g, o = chunk(from_input + from_state, 4, 1)
    cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(cell), cell


def _gru(from_input: Tensor, from_state: Tensor, hidden: Tensor) -> tuple[Tensor]:
    (r, z, n), (r_state, z_state, n_state) = chunk(from_input, 3, 1), chunk(from_state, 3, 1)
    z = sigmoid(z + z_state)
    n = tanh(n + sigmoid(r + r_state) * n_state)
    return (n + z * (hidden - n),)


_STEPS: dict[str, Callable] = {
    "RNN_TANH": _plain(tanh), "RNN_RELU": _plain(relu), "LSTM": _lstm, "GRU": _gru,
}  # fmt: skip
N_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def unrolled(
    walk: Walk, input: Tensor, hidden: Tensor, cell: Tensor | None, w_ih: Tensor, w_hh: Tensor,
    b_ih: Tensor | None = None, b_hh: Tensor | None = None, w_hr: Tensor | None = None,
) -> tuple[Tensor, ...]:  # fmt: skip
    """The output of every step and the last hidden state and, of an LSTM, cell."""
    step = _STEPS[walk.mode]
    rows = input.reshape(-1, input.shape[-1])
    parts = list(linear(rows, w_ih, b_ih).split(walk.sizes))
    state = (hidden,) if cell is None else (hidden, cell)
    outputs: list = [None] * len(parts)
    order = range(len(parts))
    for t in reversed(order) if walk.is_reversed else order:
        n = walk.sizes[t]
        active = [part[:n] for part in state]
        new = step(parts[t], linear(active[0], w_hh, b_hh), *active)
        if w_hr is not None:
            new = (linear(new[0], w_hr), *new[1:])
        outputs[t] = new[0]
        state = tuple(
            one if n == len(old) else cat([one, old[n:]])
            for one, old in zip(new, state, strict=True)
        )
    output = cat(outputs)
    return output.reshape(*input.shape[:-1], output.shape[-1]), *state


def slopes_by_steps(grads: list, inputs: tuple, walk: Walk, needs: tuple) -> tuple:
    """The gradients of all inputs of ``unrolled``; differentiable if operations are recorded."""
    records = _set_grad_enabled(True)
    try:
        fresh: list = [
            x if x is None or not needed
            else x.view(x.shape) if records and x.requires_grad
            else x.detach().requires_grad_()
            for x, needed in zip(inputs, needs, strict=True)
        ]  # fmt: skip
        results = unrolled(walk, *fresh)
        pairs = [(out, g) for out, g in zip(results, grads, strict=True) if g is not None]
        wanted = [x for x, needed in zip(fresh, needs, strict=True) if needed]
        found = iter(
            sweep_gradients(
                [out for out, _ in pairs], [g for _, g in pairs], None, records, wanted
            )
        )
    finally:
        _set_grad_enabled(records)
    return tuple(next(found) if needed else None for needed in needs)
