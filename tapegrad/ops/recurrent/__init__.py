"""Recurrent networks: whole layers, single steps, and sequences of different lengths."""

from tapegrad.ops.recurrent.cell import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from tapegrad.ops.recurrent.packing import (
    _pack_padded_sequence,
    _pad_packed_sequence,
    pad_sequence,
)
from tapegrad.ops.recurrent.stack import gru, lstm, rnn_relu, rnn_tanh

__all__ = [
    "_pack_padded_sequence", "_pad_packed_sequence", "gru", "gru_cell", "lstm", "lstm_cell",
    "pad_sequence", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
]  # fmt: skip
