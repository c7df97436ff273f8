"""Layers that take a single step of a recurrence."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import init
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter
from tapegrad.ops import recurrent


class RNNCellBase(Module):
    """Weights of one step, uniform in ``±1 / sqrt(hidden_size)`` at first, and how it is taken."""

    __constants__ = ["input_size", "hidden_size", "bias"]

    weight_ih: Tensor
    weight_hh: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = {"device": device, "dtype": dtype}
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        n = num_chunks * hidden_size
        self.weight_ih = Parameter(tapegrad.empty((n, input_size), **options))
        self.weight_hh = Parameter(tapegrad.empty((n, hidden_size), **options))
        for name in ("bias_ih", "bias_hh"):
            empty = Parameter(tapegrad.empty(n, **options)) if bias else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """List the sizes, and the settings that are not the usual ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _check_rank(self, name: str, x: Tensor) -> None:
        if x.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected {name} to be 1D or 2D, got {x.dim()}D instead"
            )

    def _zeros(self, input: Tensor) -> Tensor:
        n_samples = input.shape[:-1]
        return tapegrad.zeros((*n_samples, self.hidden_size), dtype=input.dtype)

    def _stepped(self, step: Any, input: Tensor, hx: Tensor | None) -> Tensor:
        """Take a step of one state, with or without a batch."""
        self._check_rank("input", input)
        if hx is None:
            hx = self._zeros(input)
        self._check_rank("hidden", hx)
        if input.dim() == 2:
            return step(input, hx, *self._weights())
        return step(input.unsqueeze(0), hx.unsqueeze(0), *self._weights()).squeeze(0)


class RNNCell(RNNCellBase):
    """One step ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with ``relu``.

    Shape: ``(batch, input_size)`` and ``(batch, hidden_size)`` to the latter; also without the
    batch. Source: Elman 1990.
    """

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Take one step from the state ``hx``, zeros if not given."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        step = recurrent.rnn_tanh_cell if self.nonlinearity == "tanh" else recurrent.rnn_relu_cell
        return self._stepped(step, input, hx)


class GRUCell(RNNCellBase):
    """One step of gated recurrent units, as :class:`GRU` takes many.

    Shape: ``(batch, input_size)`` and ``(batch, hidden_size)`` to the latter; also without the
    batch. Source: Cho et al. 2014.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Take one step from the state ``hx``, zeros if not given."""
        return self._stepped(recurrent.gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of long short-term memory, as :class:`LSTM` takes many.

    Shape: ``(batch, input_size)`` and a pair of ``(batch, hidden_size)`` to such a pair; also
    without the batch. Source: Hochreiter and Schmidhuber 1997.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Take one step from the hidden state and cell ``hx``, zeros if not given."""
        if hx is not None and len(hx) == 2 and input.ndim == hx[0].ndim == hx[1].ndim == 2:
            return recurrent.lstm_cell(input, hx, *self._weights())
        self._check_rank("input", input)
        if hx is None:
            zeros = self._zeros(input)
            hx = (zeros, zeros)
        for k, state in enumerate(hx):
            self._check_rank(f"hx[{k}]", state)
        if input.dim() == 2:
            return recurrent.lstm_cell(input, hx, *self._weights())
        states = [state.unsqueeze(0) for state in hx]
        hidden, cell = recurrent.lstm_cell(input.unsqueeze(0), states, *self._weights())
        return hidden.squeeze(0), cell.squeeze(0)
