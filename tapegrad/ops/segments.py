"""Sums, means, products and extremes of stretches that follow each other along a dimension."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.create import from_numpy, full
from tapegrad.ops.index import index_select, scatter_reduce
from tapegrad.ops.tensor_types import type_name

_START = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -math.inf, "amin": math.inf}
_OTHER_NAMES = {"max": "amax", "min": "amin"}


@takes_tensors
def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Reduce segments of ``axis`` to an element each: ``sum mean prod max`` or ``min``.

    ``lengths`` are those of segments that follow each other, ``(*data.shape[:axis], segments)``;
    ``offsets`` say instead where each begins and the last one ends. ``initial`` takes part in every
    segment. Without it an empty one gives 0, NaN, 1 or an infinity. Raises RuntimeError unless
    lengths add up to the dimension or it is ``unsafe``: then what is left over counts for nothing.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.segment_reduce.html
    """
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    reduce = _OTHER_NAMES.get(reduce, reduce)
    if reduce not in _START:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    axis = axis % data.ndim if -data.ndim <= axis < data.ndim else axis
    starts, sizes = _segments(data, axis, lengths, offsets, unsafe)
    if not data.is_floating_point():
        raise NotImplementedError(
            f"\"_segment_reduce_cpu\" not implemented for '{type_name(data)}'"
        )
    if ((starts < 0) | (sizes < 0) | (starts + sizes > data.shape[axis])).any():
        raise RuntimeError("segment_reduce(): a segment leaves the data")
    return _reduced(data, reduce, axis, starts, sizes, initial)


def _segments(
    data: Tensor, axis: int, lengths: Tensor | None, offsets: Tensor | None, unsafe: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Where each segment begins, and how long it is."""
    name, given = ("lengths", lengths) if offsets is None else ("offsets", offsets)
    assert given is not None
    if axis != given.ndim - 1:
        raise RuntimeError(
            f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}."
        )
    values = given.detach().numpy()
    if name == "lengths" and not unsafe and values.size:
        if values.min() < 0:
            raise RuntimeError("lengths contains negative value!")
        if (values.sum(-1) != data.shape[axis]).any():
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to "
                "data.size(lengths.dim()-1) when !unsafe."
            )
    if given.is_floating_point():
        raise NotImplementedError(
            f"\"_segment_reduce_{name}_cpu_kernel1\" not implemented for '{type_name(given)}'"
        )
    values = values.astype(np.int64)
    if name == "offsets":
        return values[..., :-1], np.diff(values, axis=-1)
    return values.cumsum(-1) - values, values


def _reduced(
    data: Tensor, reduce: str, axis: int, starts: np.ndarray, sizes: np.ndarray,
    initial: float | None,
) -> Tensor:  # fmt: skip
    """Each segment's elements, gathered and scattered to the segment's place."""
    before, n, after = data.shape[:axis], data.shape[axis], data.shape[axis + 1 :]
    n_rows = math.prod(before)
    first = starts.reshape(n_rows, -1) + np.arange(n_rows)[:, None] * n
    flat = sizes.reshape(-1)
    segment = np.repeat(np.arange(flat.size), flat)
    within = np.arange(segment.size) - np.repeat(flat.cumsum() - flat, flat)
    place = np.repeat(first.reshape(-1), flat) + within
    elements = index_select(data.reshape(n_rows * n, *after), 0, from_numpy(place))
    start = full((flat.size, *after), _START[reduce] if initial is None else initial,
                 dtype=data.dtype)  # fmt: skip
    index = from_numpy(segment).view(-1, *[1] * len(after)).expand_as(elements)
    result = scatter_reduce(start, 0, index, elements, "sum" if reduce == "mean" else reduce)
    if reduce == "mean":
        counts = flat if initial is None else np.maximum(flat, 1)
        divisors = from_numpy(counts.astype(data.dtype.numpy))
        result = result / divisors.view(-1, *[1] * len(after))
    return result.view(*before, sizes.shape[-1], *after)


__all__ = ["segment_reduce"]
