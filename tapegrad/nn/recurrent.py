"""Recurrent layers."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import init
from tapegrad.nn._registry import drop_raw
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter
from tapegrad.nn.utils.rnn import PackedSequence
from tapegrad.ops import recurrent

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What recurrent layers share: weights for each layer and direction, checks and the call.

    Weights are ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0``, ``bias_hh_l0`` and, with
    ``proj_size``, ``weight_hr_l0``; ``_reverse`` marks the second direction. All start uniform in
    ``±1 / sqrt(hidden_size)``.
    """

    __constants__ = [
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    ]

    _all_weights: list[list[str]]
    _flat_weights_names: list[str]

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        _check_dropout(dropout, num_layers)
        self._check_sizes()
        self._flat_weights_names = []
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._n_directions]:
                self._make_weights(layer, suffix, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _check_sizes(self) -> None:
        for name, kind in (("bias", bool), ("batch_first", bool), ("input_size", int),
                           ("hidden_size", int)):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, kind):
                wanted, given = kind.__name__, type(value).__name__
                raise TypeError(f"{name} should be of type {wanted}, got: {given}")
            if kind is int and value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    @property
    def _n_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _state_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _make_weights(self, layer: int, suffix: str, options: dict[str, Any]) -> None:
        n_rows = _GATES[self.mode] * self.hidden_size
        n_inputs = self._state_size * self._n_directions if layer else self.input_size
        shapes: dict[str, Any] = {
            "weight_ih": (n_rows, n_inputs), "weight_hh": (n_rows, self._state_size)
        }  # fmt: skip
        if self.bias:
            shapes |= {"bias_ih": n_rows, "bias_hh": n_rows}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        names = [f"{kind}_l{layer}{suffix}" for kind in shapes]
        for name, shape in zip(names, shapes.values(), strict=True):
            setattr(self, name, Parameter(tapegrad.empty(shape, **options)))
        self._flat_weights_names.extend(names)
        self._all_weights.append(names)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The output of every step, and the state after the last one of each layer.

        ``input`` is padded or a ``PackedSequence``, which the output then is too; ``hx`` is the
        state before the first step, zeros if not given.
        """
        if isinstance(input, PackedSequence):
            data, sizes, order, back = input
            hx = self._zero_state(data, int(sizes[0])) if hx is None else hx
            output, last = self._run(data, self.permute_hidden(hx, order), sizes)
            return PackedSequence(output, sizes, order, back), self.permute_hidden(last, back)
        if input.dim() not in (2, 3):
            raise ValueError(self._rank_text(input.dim()))
        if input.dim() == 3:
            if hx is None:
                hx = self._zero_state(input, input.size(0 if self.batch_first else 1))
            else:
                self._check_state_rank(hx, True)
            return self._run(input, hx, None)
        if hx is not None:
            self._check_state_rank(hx, False)
        batch_dim = 0 if self.batch_first else 1
        hx = self._zero_state(input, 1) if hx is None else _each(hx, lambda x: x.unsqueeze(1))
        output, last = self._run(input.unsqueeze(batch_dim), hx, None)
        return output.squeeze(batch_dim), _each(last, lambda x: x.squeeze(1))

    def _run(self, input: Tensor, hx: Any, batch_sizes: Tensor | None) -> tuple[Tensor, Any]:
        self.check_forward_args(input, hx, batch_sizes)
        settings = (
            self._flat_weights, self.bias, self.num_layers, self.dropout, self.training,
            self.bidirectional,
        )  # fmt: skip
        network = getattr(recurrent, self.mode.lower())
        if batch_sizes is None:
            output, *last = network(input, hx, *settings, self.batch_first)
        else:
            output, *last = network(input, batch_sizes, hx, *settings)
        return output, tuple(last) if len(last) > 1 else last[0]

    def _zero_state(self, input: Tensor, n_samples: int) -> Any:
        return self._zeros(input, n_samples, self._state_size)

    def _zeros(self, input: Tensor, n_samples: int, size: int) -> Tensor:
        n = self.num_layers * self._n_directions
        return tapegrad.zeros(n, n_samples, size, dtype=input.dtype)

    def _rank_text(self, n_dims: int) -> str:
        return f"{self.mode}: Expected input to be 2D or 3D, got {n_dims}D instead"

    def _check_state_rank(self, hx: Any, is_batched: bool) -> None:
        wanted = 3 if is_batched else 2
        if hx.dim() != wanted:
            kind = "batched" if is_batched else "unbatched"
            raise RuntimeError(
                f"For {kind} {wanted}-D input, hx should also be {wanted}-D but got {hx.dim()}-D "
                "tensor"
            )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    @property
    def _flat_weights(self) -> list[Any]:
        """The weights in the order of their names."""
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @_flat_weights.setter
    def _flat_weights(self, weights: list[Any]) -> None:
        for name, weight in zip(self._flat_weights_names, weights, strict=True):
            self._parameters[name] = weight

    def __getstate__(self) -> dict[str, Any]:
        """PyTorch's layout: the weights also stand in a list."""
        return {**super().__getstate__(), "_flat_weights": self._flat_weights}

    def __setstate__(self, state: Any) -> None:
        """Files of PyTorch before 1.8 know no projection."""
        super().__setstate__({"proj_size": 0, **state})
        drop_raw(self, "_flat_weights")

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Do nothing: on the CPU weights need not lie one behind the other."""

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Refuse an input whose dtype, dimensions or features do not fit."""
        dtype = getattr(self, self._flat_weights_names[0]).dtype
        if input.dtype != dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert "
                f"input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        n_dims = 3 if batch_sizes is None else 2
        if input.dim() != n_dims:
            raise RuntimeError(f"input must have {n_dims} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )

    def _expected_size(self, input: Tensor, batch_sizes: Any, size: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            n_samples = int(batch_sizes[0])
        else:
            n_samples = input.size(0 if self.batch_first else 1)
        return self.num_layers * self._n_directions, n_samples, size

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape that a hidden state for this input has."""
        return self._expected_size(input, batch_sizes, self._state_size)

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Refuse a state of another shape."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse an input or state that does not fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """A state with its samples in another order."""
        if permutation is None:
            return hx
        return _each(hx, lambda x: x.index_select(1, permutation))

    def extra_repr(self) -> str:
        """List the sizes, and the settings that are not the usual ones."""
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        changed = [
            f", {name}={getattr(self, name)}"
            for name, value in usual.items()
            if getattr(self, name) != value
        ]
        return f"{self.input_size}, {self.hidden_size}{''.join(changed)}"


def _each(state: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """One tensor or each of several, changed."""
    return tuple(map(change, state)) if isinstance(state, (tuple, list)) else change(state)


def _check_dropout(dropout: Any, num_layers: int) -> None:
    is_number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
    if not is_number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element "
            "being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and "
            f"num_layers={num_layers}",
            stacklevel=4,
        )


class RNN(RNNBase):
    """Layers of ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with ``relu``.

    Takes ``input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True,
    batch_first=False, dropout=0.0, bidirectional=False``. Shape: ``(times, batch, input_size)`` to
    ``(times, batch, directions · hidden_size)`` and the last states ``(layers · directions, batch,
    hidden_size)``; with ``batch_first`` times and batch change places in input and output, and the
    batch may be missing. Source: Elman 1990.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        self.nonlinearity = nonlinearity
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)

    def _rank_text(self, n_dims: int) -> str:
        return f"RNN: Expected input to be 2D or 3D, got {n_dims}D tensor instead"


class GRU(RNNBase):
    """Layers of gated recurrent units.

    ``r = σ(W_ir x + b_ir + W_hr h + b_hr)``, ``z`` alike, ``n = tanh(W_in x + b_in + r·(W_hn h +
    b_hn))`` and ``h' = (1 - z)·n + z·h``. Arguments and shapes as :class:`RNN`, without
    ``nonlinearity``. Source: Cho et al. 2014.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


def _refuse_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class LSTM(RNNBase):
    """Layers of long short-term memory.

    ``i, f, o = σ(W x + b + W' h + b')`` each with its own part of the weights, ``g = tanh(...)``
    alike, ``c' = f·c + i·g`` and ``h' = o·tanh(c')``, projected by ``weight_hr`` if ``proj_size``
    is given. Arguments and shapes as :class:`RNN`, without ``nonlinearity``; the state is a pair
    of hidden states and cells. Source: Hochreiter and Schmidhuber 1997.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def _zero_state(self, input: Tensor, n_samples: int) -> tuple[Tensor, Tensor]:
        hidden = super()._zero_state(input, n_samples)
        cell = self._zeros(input, n_samples, self.hidden_size) if self.proj_size else hidden
        return hidden, cell

    def _check_state_rank(self, hx: Any, is_batched: bool) -> None:
        wanted = 3 if is_batched else 2
        n, n_cell = hx[0].dim(), hx[1].dim()
        if n != wanted or n_cell != wanted:
            kind = "batched" if is_batched else "unbatched"
            raise RuntimeError(
                f"For {kind} {wanted}-D input, hx and cx should also be {wanted}-D but got "
                f"({n}-D, {n_cell}-D) tensors"
            )

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape that a cell for this input has."""
        return self._expected_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse an input, hidden state or cell that does not fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(
            hidden[0], self.get_expected_hidden_size(input, batch_sizes),
            "Expected hidden[0] size {}, got {}",
        )  # fmt: skip
        self.check_hidden_size(
            hidden[1], self.get_expected_cell_size(input, batch_sizes),
            "Expected hidden[1] size {}, got {}",
        )  # fmt: skip
