"""One layer of a recurrent network in one direction, as one operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import recurrent as walks
from tapegrad._kernels.lstm_step import row_sums
from tapegrad._sweep import OuterProduct
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import op
from tapegrad.ops.recurrent.fits import fits
from tapegrad.ops.recurrent.steps import N_GATES, Walk, slopes_by_steps, unrolled


def _walked(input, hidden, cell, w_ih, w_hh, b_ih, b_hh, w_hr, walk: Walk):
    """The compiled walk; float16 goes through the formulas, and keeps nothing."""
    arrays: tuple = (input, hidden, cell, w_ih, w_hh, b_ih, b_hh, w_hr)
    if input.dtype == np.float16:
        tensors: list[Any] = [array if array is None else Tensor._wrap(array) for array in arrays]
        output, *state = (x._array for x in unrolled(walk, *tensors))
        return output, state[0], np.empty(0), np.empty(0), *state[1:]
    mode, sizes, is_reversed = walk
    gates = kernels.mm_nt(_rows(input), w_ih)
    output, saved, last_hidden, last_cell = walks.walk(
        mode, gates, hidden, cell, w_hh, b_ih, b_hh, w_hr, sizes, is_reversed
    )
    if input.ndim > 2:
        output = output.reshape(*input.shape[:-1], output.shape[-1])
    last = (output, last_hidden, gates, saved)
    return last if cell is None else (*last, last_cell)


def _rows(array: np.ndarray) -> np.ndarray:
    """The rows of all steps and samples as one matrix."""
    rows = kernels.contiguous(array)
    return rows if rows.ndim == 2 else rows.reshape(-1, rows.shape[-1])


def _slopes(grads, inputs: tuple, walk: Walk, gates: Tensor, saved: Tensor, needs: tuple):
    """The gradients of all inputs: by the compiled walk back, recorded ones by the formulas."""
    g_output, g_hidden, _, _, *g_cell = grads
    if is_grad_enabled() or gates.numel() == 0:
        return slopes_by_steps([g_output, g_hidden, *g_cell], inputs, walk, needs)
    mode, sizes, is_reversed = walk
    input, hidden, _, w_ih, w_hh, *_, w_hr = inputs
    made: tuple[Any, ...] = walks.walk_back(
        mode, gates._array, saved._array, w_hh._array, _array(w_hr), sizes, is_reversed,
        None if g_output is None else _rows(g_output._array), _array(g_hidden),
        _array(g_cell[0]) if g_cell else None, needs[1],
    )  # fmt: skip
    slopes, of_sums, of_outputs, of_hidden, of_cell = made
    n_rows, size = len(slopes), slopes.shape[1] // N_GATES[mode]
    flat = saved._array.reshape(-1)
    before = flat[: n_rows * hidden.shape[1]].reshape(n_rows, -1)
    wrap = Tensor._wrap
    of_bias = wrap(row_sums(slopes)) if needs[5] or needs[6] else None
    of_state_bias = wrap(row_sums(of_sums)) if needs[6] and of_sums is not slopes else of_bias
    of_projection = None
    if needs[7]:
        projected = flat[-n_rows * size :].reshape(n_rows, size)
        of_projection = OuterProduct(wrap(of_outputs), wrap(projected))
    return (
        wrap(kernels.mm(slopes, w_ih._array).reshape(input.shape)) if needs[0] else None,
        wrap(of_hidden) if needs[1] else None,
        wrap(of_cell) if needs[2] else None,
        OuterProduct(wrap(slopes), wrap(_rows(input._array))) if needs[3] else None,
        OuterProduct(wrap(of_sums), wrap(before)) if needs[4] else None,
        of_bias, of_state_bias, of_projection,
    )  # fmt: skip


def _array(tensor: Tensor | None) -> np.ndarray | None:
    return None if tensor is None else tensor._array


def _declared(name: str, grad_name: str):
    """The operation under the name that the node has in PyTorch, whose graph has others below."""
    return op(
        name,
        forward=_walked,
        grad_name=grad_name,
        outputs=("output", "last_hidden", "gates", "saved", "last_cell"),
        inputs=("input", "hidden", "cell", "w_ih", "w_hh", "b_ih", "b_hh", "w_hr"),
        gradients=lambda grads, input, hidden, cell, w_ih, w_hh, b_ih, b_hh, w_hr, walk, gates,
        saved, needs: _slopes(
            grads, (input, hidden, cell, w_ih, w_hh, b_ih, b_hh, w_hr), walk, gates, saved, needs
        ),
        doc="One layer of a recurrent network in one direction.",
    )  # fmt: skip


_OPS = {
    node: _declared(f"recurrent_{name}", f"{node}Backward0")
    for node, name in (
        ("Stack", "layer"), ("MkldnnRnnLayer", "lstm_layer"), ("Cat", "packed_layer"),
        ("Mul", "lstm_step"), ("Add", "gru_step"), ("Tanh", "tanh_step"), ("Relu", "relu_step"),
    )
}  # fmt: skip


def layer(
    input: Tensor, state: tuple, weights: tuple, walk: Walk, node: str
) -> tuple[Tensor, tuple]:
    """The output of every step, and the state after the last one, made by a node of that name."""
    hidden, cell = (*state, None)[:2]
    if not fits(input, hidden, cell, weights, N_GATES[walk.mode], walk.sizes):
        _check(input, hidden, cell, weights, walk)
    output, hidden, _, _, *cells = _OPS[node](input, hidden, cell, *weights, walk)
    return output, (hidden, *cells)


def _check(input: Tensor, hidden: Tensor, cell: Tensor | None, weights: tuple, walk: Walk) -> None:
    """Refuse sizes and dtypes that do not fit: the walk trusts them."""
    refuse_integers("recurrent_layer", input._array)
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    for name, given in (("weight_ih", w_ih), ("weight_hh", w_hh), ("the hidden state", hidden)):
        if given.ndim != 2:
            raise RuntimeError(f"expected {name} to have 2 dimensions, got {given.ndim}")
    mode, sizes, _ = walk
    dtype, n_inputs, n_rows = input.dtype, input.shape[-1], w_hh.shape[0]
    size = n_rows // N_GATES[mode]
    n_samples, n_hidden = hidden.shape
    for given, shape in (
        (w_ih, (n_rows, n_inputs)), (w_hh, (size * N_GATES[mode], n_hidden)), (b_ih, (n_rows,)),
        (b_hh, (n_rows,)), (w_hr, (n_hidden, size)), (cell, (n_samples, size)),
    ):  # fmt: skip
        if given is not None and (given.shape != shape or given.dtype is not dtype):
            raise RuntimeError(
                f"expected a tensor of shape {shape}, got {tuple(given.shape)}"
                if given.shape != shape
                else f"expected all tensors to be {dtype}, but one is {given.dtype}"
            )
    if (w_hr is None and n_hidden != size) or hidden.dtype is not dtype:
        raise RuntimeError(f"the hidden state {tuple(hidden.shape)} does not fit {size} units")
    if not sizes:
        raise RuntimeError("batch_sizes is empty")
    n_steps = input.numel() // max(n_inputs, 1)
    falls = list(sizes) == sorted(sizes, reverse=True) and sizes[-1] >= 0
    if sum(sizes) != n_steps or sizes[0] != n_samples or not falls:
        raise RuntimeError("batch_sizes do not fit the data and the hidden state")
