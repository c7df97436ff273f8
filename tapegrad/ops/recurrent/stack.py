"""Recurrent networks: layers and directions of one kind of step, dropout between the layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad._types import float32
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.dropouts import dropout as drop
from tapegrad.ops.recurrent.layer import layer
from tapegrad.ops.recurrent.steps import Walk
from tapegrad.ops.shape import cat, stack


def _network(
    mode: str, input: Tensor, sizes: tuple[int, ...], states: tuple[Tensor, ...], weights: list,
    n_layers: int, p: float, train: bool, bidirectional: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """The last layer's output, and the states of all layers and directions, stacked."""
    n_directions = 2 if bidirectional else 1
    for state in states:
        if len(state) < n_layers * n_directions:
            raise RuntimeError("Expected more hidden states in stacked_rnn")
    if len(weights) < n_layers * n_directions:
        n = len(weights)
        raise RuntimeError(
            f"ArrayRef: invalid slice, N = {n}; M = {n}; size = {n}"
            if mode == "LSTM" else "Expected more weights in stacked_rnn"
        )  # fmt: skip
    finals, node = [], _node(mode, input, weights[0])
    for k in range(n_layers):
        outputs = []
        for way in range(n_directions):
            place = k * n_directions + way
            own = tuple([state[place] for state in states])
            output, last = layer(input, own, weights[place], Walk(mode, sizes, way == 1), node)
            outputs.append(output)
            finals.append(last)
        input = cat(outputs, -1) if bidirectional else outputs[0]
        if p != 0 and train and k < n_layers - 1:
            input = drop(input, p, train)
    return input, *map(stack, zip(*finals, strict=True))


def _node(mode: str, input: Tensor, weights: tuple) -> str:
    """The node that makes the output of a layer in PyTorch."""
    if input.ndim == 2:
        return "Cat"
    is_one = mode == "LSTM" and input.dtype is float32 and weights[-1] is None
    return "MkldnnRnnLayer" if is_one else "Stack"


def _by_layer(
    mode: str, weights: Sequence[Tensor], has_biases: bool, has_projections: bool
) -> list[tuple]:
    """The weights of each layer and direction: of input and state, their biases, projection."""
    n = 2 + 2 * has_biases + has_projections
    if len(weights) % n:
        raise RuntimeError(
            f"MatrixRef: ArrayRef size {len(weights)} not divisible by stride {n}"
            if mode == "LSTM" else "got an incorrect number of RNN parameters"
        )  # fmt: skip
    no_biases = () if has_biases else (None, None)
    no_projection = () if has_projections else (None,)
    return [
        (weights[k], weights[k + 1], *no_biases, *weights[k + 2 : k + n], *no_projection)
        for k in range(0, len(weights), n)
    ]


def _run(mode: str, states: tuple, args: tuple) -> tuple[Tensor, ...]:
    """A network on a padded sequence, or, where sizes of steps are given, on a packed one."""
    input, sizes, weights, has_biases, n_layers, p, train, bidirectional, *rest = args
    has_projections = len(states) == 2 and states[0].shape[2] != states[1].shape[2]
    by_layer = _by_layer(mode, weights, has_biases, has_projections)
    settings = by_layer, n_layers, p, train, bidirectional
    if sizes is not None:
        return _network(mode, input, tuple(sizes.tolist()), states, *settings)
    batch_first = rest[0]
    if batch_first:
        input = input.transpose(0, 1)
    n_times, n_samples = input.shape[:2]
    if n_times == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    output, *last = _network(mode, input, (n_samples,) * n_times, states, *settings)
    return (output.transpose(0, 1) if batch_first else output), *last


def _of_one_state(mode: str, name: str, text: str) -> Any:
    def network(input: Tensor, *args: Any) -> tuple[Tensor, ...]:
        if isinstance(args[1], Tensor):
            sizes, hx, *rest = args
        else:
            sizes, (hx, *rest) = None, args
        return _run(mode, (hx,), (input, sizes, *rest))

    network.__name__ = network.__qualname__ = name
    network.__doc__ = f"""{text}

    ``(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)``, or
    for a packed sequence ``(data, batch_sizes, hx, params, ..., bidirectional)``. Gives the output
    of every step, and the last state of every layer. Shape: ``(times, batch, features)`` and hx
    ``(layers, batch, size)``.
    """
    return takes_tensors(network)


gru = _of_one_state("GRU", "gru", "Gated recurrent units. Source: Cho et al. 2014.")
rnn_tanh = _of_one_state("RNN_TANH", "rnn_tanh", "A recurrent network of tanh units.")
rnn_relu = _of_one_state("RNN_RELU", "rnn_relu", "A recurrent network of rectified units.")


@takes_tensors
def lstm(input: Tensor, *args: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory.

    ``(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)``, or
    for a packed sequence ``(data, batch_sizes, hx, params, ..., bidirectional)``; hx are the hidden
    states and the cells. Gives the output of every step, and both after the last. Shape: ``(times,
    batch, features)``, hx ``(layers, batch, size)``. Source: Hochreiter and Schmidhuber 1997.
    """
    if isinstance(args[0], Tensor):
        sizes, hx, *rest = args
    else:
        sizes, (hx, *rest) = None, args
    if len(hx) != 2:
        raise RuntimeError("lstm expects two hidden states")
    return _run("LSTM", tuple(hx), (input, sizes, *rest))  # type: ignore[return-value]


__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]
