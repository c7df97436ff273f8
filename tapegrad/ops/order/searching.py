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
    given = kernels.flat(values) if boundaries.ndim == 1 else values
    places = kernels.outputs(_RIGHT if right else _LEFT, (boundaries, given), (given.shape,))
    return places if given.ndim == values.ndim else kernels.reshaped_view(places, values.shape)


_LEFT, _RIGHT = OURS["search_left"], OURS["search_right"]


search_op = op(
    "searchsorted",
    forward=_search,
    doc="Where values belong in sorted rows.",
)


def _plain(x: Tensor, dtype: _types.dtype) -> Tensor:
    """The numbers of a tensor in a dtype; places have no gradient."""
    return x if x.dtype is dtype else x.detach().to(dtype)


def _check_sorter(sorter: Tensor, boundaries: Tensor) -> None:
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


def _check_shapes(boundaries: Tensor, values: Tensor) -> None:
    if values.ndim == 0:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({boundaries.ndim}) and input "
            "value's dim(0) numel(1)"
        )
    if boundaries.ndim == 0:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 "
            "dimension"
        )
    if boundaries.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(boundaries.shape)} and input value tensor "
            f"{list(values.shape)}"
        )


def _is_right(side: str, right: bool) -> bool:
    if side not in ("left", "right"):
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
    is_right = right if side is None else _is_right(side, right)
    return _places(sorted_sequence, input, out_int32, is_right, sorter)


def _places(
    sorted_sequence: Tensor, input, out_int32: bool, is_right: bool, sorter: Tensor | None
) -> Tensor:
    values = input if isinstance(input, Tensor) else tensor(input)
    if sorted_sequence.ndim != 1:
        _check_shapes(sorted_sequence, values)
    if sorter is not None:
        _check_sorter(sorter, sorted_sequence)
    boundaries = sorted_sequence
    if values is not input or values.dtype is not boundaries.dtype:
        dtype = result_type(boundaries, input)
        boundaries, values = _plain(boundaries, dtype), _plain(values, dtype)
    if values.dtype is _types.bool:
        raise NotImplementedError("\"searchsorted_out_cpu\" not implemented for 'Bool'")
    places = search_op(boundaries, values, is_right, sorter)
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
    return _places(boundaries, input, out_int32, right, None)


_FEW = 1000  # elements, that bisection finds before NumPy's function in Python has begun


def _isin(elements: np.ndarray, tests: np.ndarray, unique: bool, invert: bool) -> np.ndarray:
    if elements.size > _FEW or not tests.size:
        return np.isin(elements, tests, assume_unique=unique, invert=invert)
    tests = tests.flatten()
    tests.sort()
    if tests[-1] != tests[-1]:  # NaN lies last, equals nothing and would mislead the search
        return _isin(elements, tests[tests == tests], unique, invert)
    places = _search(tests, elements, False, None)
    nearest = tests.take(places, mode="clip")
    return np.asarray(nearest != elements if invert else nearest == elements)


isin_op = op(
    "isin",
    forward=_isin,
    doc="Whether elements are among others.",
)


@takes_out(refuses_grad=False)
def isin(elements, test_elements, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among ``test_elements``; with ``invert`` whether it is not.

    NaN is never among others. Raises RuntimeError for bool.
    """
    are_tensors = isinstance(elements, Tensor), isinstance(test_elements, Tensor)
    lone = test_elements if are_tensors[0] else elements
    if not any(are_tensors) or not (all(are_tensors) or isinstance(lone, (int, float))):
        raise TypeError("isin() takes two tensors, or one and a number")
    elements = elements if isinstance(elements, Tensor) else tensor(elements)
    tests = test_elements if isinstance(test_elements, Tensor) else tensor(test_elements)
    if elements.dtype is _types.bool or tests.dtype is _types.bool:
        raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    if elements.dtype is not tests.dtype:
        dtype = result_type(elements, tests)
        elements, tests = _plain(elements, dtype), _plain(tests, dtype)
    return isin_op(elements, tests, assume_unique, invert)


__all__ = ["bucketize", "isin", "searchsorted"]
