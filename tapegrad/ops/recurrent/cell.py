"""Single steps of recurrent networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tapegrad import _kernels as kernels
from tapegrad._kernels.lstm_step import UnusualStep, lstm_step, lstm_step_back, row_sums
from tapegrad._sweep import OuterProduct
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops.recurrent.layer import layer
from tapegrad.ops.recurrent.steps import Walk, slopes_by_steps


def _step(mode: str, input: Tensor, states: tuple[Tensor, ...], weights: tuple) -> tuple:
    walk = Walk(mode, (len(input),), False)
    try:
        _, last = layer(input, states, (*weights, None), walk, _NODES[mode])
    except RuntimeError:
        _check(input, states, weights)      # which says it in the words of a cell
        raise
    return last


_NODES = {"LSTM": "Mul", "GRU": "Add", "RNN_TANH": "Tanh", "RNN_RELU": "Relu"}


def _check(input: Tensor, states: tuple[Tensor, ...], weights: tuple) -> None:
    w_ih, w_hh = weights[:2]
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}"
        )
    size = w_hh.shape[1]
    for k, state in enumerate(states):
        if state.shape[0] != input.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{k} batch size "
                f"{state.shape[0]}"
            )
        if state.shape[1] != size:
            raise RuntimeError(
                f"hidden{k} has inconsistent hidden_size: got {state.shape[1]}, expected {size}"
            )


def _lstm_slopes(
    grads, input, hidden, cell, w_ih, w_hh, b_ih, b_hh, gates, tanh_cell, needs
) -> tuple:  # fmt: skip
    """The gradients of a step's inputs; those of the weights are left to the sweep."""
    g_hidden, g_cell, *_ = grads
    if is_grad_enabled():
        inputs = input, hidden, cell, w_ih, w_hh, b_ih, b_hh
        walk = Walk("LSTM", (len(cell),), False)
        return slopes_by_steps([None, g_hidden, g_cell], inputs, walk, needs)
    array, of_cell = lstm_step_back(
        gates._array, tanh_cell._array, cell._array,
        None if g_hidden is None else g_hidden._array, None if g_cell is None else g_cell._array,
    )  # fmt: skip
    slopes = Tensor._wrap(array)
    of_bias = Tensor._wrap(row_sums(array)) if needs[5] or needs[6] else None
    return (
        Tensor._wrap(kernels.mm(array, w_ih._array)) if needs[0] else None,
        Tensor._wrap(kernels.mm(array, w_hh._array)) if needs[1] else None,
        Tensor._wrap(of_cell) if needs[2] else None,
        OuterProduct(slopes, input) if needs[3] else None,
        OuterProduct(slopes, hidden) if needs[4] else None,
        of_bias, of_bias,
    )  # fmt: skip


_lstm_cell = op(
    "recurrent_lstm_cell",
    forward=lstm_step,
    params=("input", "hidden", "cell", "w_ih", "w_hh", "b_ih", "b_hh"),
    grad_name="MulBackward0",
    outputs=("new_hidden", "new_cell", "gates", "tanh_cell"),
    inputs=("input", "hidden", "cell", "w_ih", "w_hh", "b_ih", "b_hh"),
    gradients=_lstm_slopes,
    doc="One step of long short-term memory.",
)


@takes_tensors
def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One step of long short-term memory: the new hidden state and the new cell.

    ``c' = σ(f)·c + σ(i)·tanh(g)``, ``h' = σ(o)·tanh(c')`` with ``i, f, g, o`` the four parts of
    ``x @ w_ih.T + b_ih + h @ w_hh.T + b_hh``. Shape: ``(batch, features)`` and twice ``(batch,
    size)``. Source: Hochreiter and Schmidhuber 1997.
    """
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    hidden, cell = hx
    try:
        return _lstm_cell(input, hidden, cell, w_ih, w_hh, b_ih, b_hh)[:2]
    except UnusualStep:
        return _step("LSTM", input, (hidden, cell), (w_ih, w_hh, b_ih, b_hh))


def _of_one_state(mode: str, name: str, text: str) -> Callable[..., Tensor]:
    def cell(
        input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        return _step(mode, input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]

    cell.__name__ = cell.__qualname__ = name
    cell.__doc__ = f"{text}\n\nShape: ``(batch, features)`` and ``(batch, size)`` to the latter."
    return takes_tensors(cell)


gru_cell = _of_one_state(
    "GRU", "gru_cell",
    "One step of gated units: ``n + z·(h - n)`` with ``n = tanh(n_x + r·n_h)`` and the parts r, z, "
    "n of ``x @ w_ih.T + b_ih`` and ``h @ w_hh.T + b_hh``; r and z are their logistic sums. "
    "Source: Cho et al. 2014.",
)  # fmt: skip
rnn_tanh_cell = _of_one_state(
    "RNN_TANH", "rnn_tanh_cell", "``tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)``."
)
rnn_relu_cell = _of_one_state(
    "RNN_RELU", "rnn_relu_cell", "``max(0, x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)``."
)

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]
