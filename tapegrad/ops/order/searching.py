"""Where values belong in sorted rows, and whether they are among others."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, takes_out
from tapegrad.ops.create import tensor
from tapegrad.ops.promotion import result_type


def _search(boundaries: np.ndarray, values: np.ndarray, right, sorter) -> np.ndarray:
    if sorter is not None:
        boundaries = np.take_along_axis(boundaries, sorter, -1)
    shape = values.shape
    if boundaries.ndim == 1:
        values = kernels.contiguous(values).reshape(-1)
    kernel = OURS["search_right" if right else "search_left"]
    return kernels.outputs(kernel, (boundaries, values), (values.shape,)).reshape(shape)


search_op = op(
    "searchsorted",
    forward=_search,
    doc="Where values belong in sorted rows.",
)


def _checked_sorter(sorter, boundaries: Tensor) -> Tensor | None:
    if sorter is None:
        return None
    if sorter.shape != boundaries.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary "
            f"tensor {list(boundaries.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    if sorter.dtype is not _types.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{kernels.TYPE_NAMES[sorter.dtype.numpy.num]}"
        )
    if sorter.numel() and bool(((sorter < 0) | (sorter >= boundaries.shape[-1])).any()):
        raise RuntimeError("torch.searchsorted(): sorter index out of range")
    return sorter


def _check_shapes(boundaries: Tensor, values: Tensor) -> None:
    if boundaries.ndim == 1:
        return
    if values.ndim == 0:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({boundaries.ndim}) and input "
            "value's dim(0) numel(1)"
        )
    if boundaries.ndim == 0 or boundaries.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(boundaries.shape)} and input value tensor "
            f"{list(values.shape)}"
        )


def _is_right(side, right: bool) -> bool:
    if side not in (None, "left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    return right or side == "right"


_takes_places = takes_out(
    "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or "
    "Long(int64) depending on whether out_int32 flag is True, but we got output tensor's dtype "
    "{out}",
    refuses_grad=False,
)


@_takes_places
def searchsorted(
    sorted_sequence: Tensor,
    input,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where each value would go so that the rows of ``sorted_sequence`` stay sorted.

    Left of the elements equal to it, or right of them. ``sorter`` are the places that sort the
    rows. Shape: of ``input``, whose rows belong to those of the sequence unless that is 1-D.
    int64, or int32 with ``out_int32``. Raises RuntimeError for shapes that do not fit.
    """
    if not isinstance(sorted_sequence, Tensor):
        kind = type(sorted_sequence).__name__
        raise TypeError(
            "searchsorted() received an invalid combination of arguments - got "
            f"({kind}, {type(input).__name__}): sorted_sequence must be Tensor"
        )
    is_right = _is_right(side, right)
    values = input if isinstance(input, Tensor) else tensor(input)
    _check_shapes(sorted_sequence, values)
    sorter = _checked_sorter(sorter, sorted_sequence)
    dtype = result_type(sorted_sequence, input)
    if dtype is _types.bool:
        raise NotImplementedError("\"searchsorted_out_cpu\" not implemented for 'Bool'")
    places = search_op(
        sorted_sequence.detach().to(dtype), values.detach().to(dtype), is_right, sorter
    )
    return places.to(_types.int32) if out_int32 else places


@_takes_places
def bucketize(
    input, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Which of the intervals between sorted boundaries each value is in.

    A value on a boundary is in the interval before it, with ``right`` in the one behind it.
    Raises RuntimeError for boundaries that are not 1-D.
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


isin_op = op(
    "isin",
    forward=lambda elements, tests, unique, invert: np.isin(
        elements, tests, assume_unique=unique, invert=invert
    ),
    doc="Whether elements are among others.",
)


@takes_out(refuses_grad=False)
def isin(elements, test_elements, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among ``test_elements``; with ``invert`` whether it is not.

    NaN is never among others. Raises RuntimeError for bool.
    """
    given = (elements, test_elements)
    if not any(isinstance(one, Tensor) for one in given) or isinstance(given[1], (tuple, list)):
        raise TypeError("isin() takes two tensors, or one and a number")
    both = [one if isinstance(one, Tensor) else tensor(one) for one in given]
    for one in both:
        if one.dtype is _types.bool:
            raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    dtype = result_type(*both)
    elements, tests = (one.detach().to(dtype) for one in both)
    return isin_op(elements, tests, assume_unique, invert)


__all__ = ["bucketize", "isin", "searchsorted"]
