"""Sequences of different lengths: all steps of all samples in one tensor without padding."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops.index import index_select


def _places(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which steps and samples follow each other when all first steps come first, and so on."""
    time, sample = np.nonzero(np.arange(lengths.max(initial=0))[:, None] < lengths)
    return time, sample


def _pack_padded_sequence(
    input: Tensor, lengths: Tensor, batch_first: bool
) -> tuple[Tensor, Tensor]:
    """The steps of padded sequences, time after time, and how many sequences have each time.

    Shape: ``(times, batch, *)`` with falling lengths ``(batch)`` to ``(sum of lengths, *)`` and
    ``(longest)``.
    """
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.ndim != 1:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.ndim}D cpu Long tensor"
        )
    if batch_first:
        input = input.transpose(0, 1)
    n_times, n_samples = input.size(0), input.size(1)
    if len(lengths) != n_samples:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} "
            f"(batch_size={n_samples})"
        )
    counts = lengths._array
    _check_lengths(counts, n_times)
    time, sample = _places(counts)
    flat = input.reshape(n_times * n_samples, *input.shape[2:])
    data = index_select(flat, 0, Tensor._wrap(time * n_samples + sample))
    return data, Tensor._wrap(np.bincount(time))


def _check_lengths(counts: np.ndarray, n_times: int) -> None:
    if counts.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if (counts[1:] > counts[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if counts[0] > n_times:
        raise RuntimeError(f"a length of {counts[0]} is more than the {n_times} steps there are")


def _pad_packed_sequence(
    data: Tensor, batch_sizes: Tensor, batch_first: bool, padding_value: float, total_length: int
) -> tuple[Tensor, Tensor]:
    """Packed sequences with padding behind them, and their lengths.

    Shape: ``(sum of lengths, *)`` and ``(longest)`` to ``(total_length, batch, *)`` and
    ``(batch)``.
    """
    sizes = batch_sizes._array
    n_samples = int(sizes[0])
    lengths = (sizes[:, None] > np.arange(n_samples)).sum(0)
    padded = data.new_full((total_length * n_samples, *data.shape[1:]), padding_value)
    time, sample = _places(lengths)
    padded[Tensor._wrap(time * n_samples + sample)] = data
    padded = padded.reshape(total_length, n_samples, *data.shape[1:])
    return (padded.transpose(0, 1) if batch_first else padded), Tensor._wrap(lengths)


def pad_sequence(
    sequences: tuple, batch_first: bool, padding_value: float, padding_side: str
) -> Tensor:
    """Sequences side by side, the shorter ones filled up on one side.

    Shape: ``(length, *)`` each to ``(longest, batch, *)``, or the first two exchanged.
    """
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    for k, one in enumerate(sequences):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 0, but got {kind_of(one)}"
            )
    first = sequences[0]
    for one in sequences:
        _check_features(one, first)
    longest = max(len(one) for one in sequences)
    padded = first.new_full((len(sequences), longest, *first.shape[1:]), padding_value)
    for k, one in enumerate(sequences):
        start = longest - len(one) if padding_side == "left" else 0
        padded[k, start : start + len(one)] = one
    return padded if batch_first else padded.transpose(0, 1)


def _check_features(one: Tensor, first: Tensor) -> None:
    """Refuse a sequence whose elements have another shape than those of the first."""
    if one.ndim != first.ndim:
        raise RuntimeError(f"sequences must all have {first.ndim} dimensions, one has {one.ndim}")
    for dim in range(1, one.ndim):
        if one.shape[dim] != first.shape[dim]:
            raise RuntimeError(
                f"The size of tensor a ({first.shape[dim]}) must match the size of tensor b "
                f"({one.shape[dim]}) at non-singleton dimension {dim}"
            )
