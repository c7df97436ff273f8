"""Sequences of different lengths, packed for recurrent layers or padded to one length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.ops import recurrent

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


def _to(name: str) -> Callable[[Any], PackedSequence]:
    def convert(self: Any) -> PackedSequence:
        return self.to(dtype=getattr(tapegrad, name))

    convert.__doc__ = f"Convert the data to {name}."
    return convert


class PackedSequence(_Fields):
    """All steps of several sequences, time after time, and how many sequences have each time.

    ``sorted_indices`` say which sequence comes in which place, ``unsorted_indices`` the reverse;
    both are None where the sequences came sorted by falling length.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Put the parts together; one order follows from the other."""
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same sequences in another dtype; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequences on the CPU, where they are."""
        return self

    double, float, half = _to("float64"), _to("float32"), _to("float16")
    long, int, short = _to("int64"), _to("int32"), _to("int16")
    char, byte = _to("int8"), _to("uint8")

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU: it never is."""
        return False

    def is_pinned(self) -> bool:
        """Whether the memory is pinned: it never is."""
        return False

    def pin_memory(self) -> PackedSequence:
        """The same sequences: without a GPU there is nothing to pin for."""
        return self


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that takes another one back."""
    if permutation is None:
        return None
    places = tapegrad.arange(0, permutation.numel())
    return tapegrad.empty_like(permutation).scatter_(0, permutation, places)


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Leave the padding of sequences out.

    Shape: ``(times, batch, *)`` and lengths ``(batch)``. Raises RuntimeError for lengths that do
    not fall, unless ``enforce_sorted`` is false.
    """
    counts, order = tapegrad.as_tensor(lengths, dtype=tapegrad.int64), None
    if not enforce_sorted:
        counts, order = tapegrad.sort(counts, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    data, batch_sizes = recurrent._pack_padded_sequence(input, counts, batch_first)
    return PackedSequence(data, batch_sizes, order)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Padded sequences in their first order, and their lengths.

    Shape: ``(times, batch, *)`` and ``(batch)``.
    """
    longest = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, "
                f"but got total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    padded, lengths = recurrent._pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, longest
    )
    back = sequence.unsorted_indices
    if back is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, back), lengths[back]


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences side by side, the shorter ones filled up.

    Shape: ``(length, *)`` each to ``(longest, batch, *)``, or ``(batch, longest, *)``.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    return recurrent.pad_sequence(tuple(sequences), batch_first, padding_value, padding_side)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Each sequence with its own length. As in PyTorch, sequences that do not come batch first are
    turned in place.
    """
    if not batch_first:
        padded_sequences.transpose_(0, 1)
    places = tapegrad.arange(padded_sequences.shape[1])
    return [
        one[places < length] for one, length in zip(padded_sequences, lengths, strict=True)
    ]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths. Shape: ``(length, *)`` each."""
    lengths = tapegrad.as_tensor([len(one) for one in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed, in their first order."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
