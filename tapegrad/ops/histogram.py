"""Counting elements in bins."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out, takes_tensors
from tapegrad.ops._dims import check_tensors, is_index, sizes_of
from tapegrad.ops._out import c_name
from tapegrad.ops._results import NamedResult, named_result
from tapegrad.ops.create import linspace

histogram_result = named_result("histogram", "hist", "bin_edges")
histogramdd_result = named_result("histogramdd", "hist", "bin_edges")

# ------------------------------------------------------------------------- whole numbers


@method()
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number from 0 to the largest occurs, or the sums of their weights.

    Shape: (n,) to (max(largest + 1, minlength),). int64 without weights, float32 for float32
    ones, else float64. Raises RuntimeError for negative numbers and other than one dimension.
    """
    if input.is_floating_point() or input.dtype is _types.bool:
        kind = kernels.TYPE_NAMES[input.dtype.numpy.num]
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{kind}'")
    if not isinstance(minlength, int):
        raise TypeError(
            f"bincount(): argument 'minlength' must be int, not {type(minlength).__name__}"
        )
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    numbers = input._array
    if numbers.ndim != 1 or (numbers.size and numbers.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None or not numbers.size:
        return Tensor._wrap(np.bincount(numbers, minlength=minlength))
    if weights.ndim != 1 or weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    dtype = np.float32 if weights.dtype is _types.float32 else np.float64
    n_bins = max(int(numbers.max()) + 1, minlength)
    return Tensor._wrap(_totals(numbers, weights._array.astype(dtype), n_bins))


def _totals(places: np.ndarray, weights: np.ndarray, n_bins: int) -> np.ndarray:
    """The sums of weights by place, added one by one in their own dtype."""
    totals = np.zeros(n_bins, weights.dtype)
    np.add.at(totals, places, weights)
    return totals


# ------------------------------------------------------------------------- bins of one width


def _refuse_bins(bins: int, dim: int) -> None:
    if bins <= 0:
        raise RuntimeError(
            f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}"
        )


def _spelled(number: float) -> str:
    return f"{number:g}"


_OTHER_COUNTS, _OTHER_EDGES = (
    f"torch.histogram: input tensor and {kind} tensor should have the same dtype, but got input "
    f"{{result_text}} and {kind} {{out_text}}" for kind in ("hist", "bin_edges")
)


@takes_out(_OTHER_COUNTS, refuses_grad=False)
@method()
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of ``bins`` bins of one width between ``min`` and ``max``.

    The elements' own range if both are equal; others are left out, and NaN. Shape: any to (bins,).
    Raises RuntimeError for a range that is not finite and bins that are not there.
    """
    _refuse_bins(bins, 0)
    elements = input._array.reshape(-1)
    low, high = float(min), float(max)
    if low == high and elements.size:
        low, high = float(elements.min()), float(elements.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(
            f"torch.histc: range of [{_spelled(low)}, {_spelled(high)}] is not finite"
        )
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    if not input.is_floating_point():
        kind = kernels.TYPE_NAMES[input.dtype.numpy.num]
        kernel = "linspace_cpu" if input.dtype is _types.bool else "histogram_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{kind}'")
    bin_of = kernels.pointwise(_BIN_OF, elements, params=(low, high, bins))
    return Tensor._wrap(_counts(bin_of, bins, input.dtype.numpy))


def _counts(bin_of: np.ndarray, n_bins: int, dtype: np.dtype) -> np.ndarray:
    """How often each bin is named; who lies in none names one more."""
    return kernels.cast_array(np.bincount(bin_of, minlength=n_bins + 1)[:n_bins], dtype)


# ------------------------------------------------------------------------- bins by their edges


def _range_of(values: np.ndarray, given: tuple | None, dim: int) -> tuple[float, float]:
    """The outer edges: those given, else those of the elements."""
    if given is not None:
        low, high = given
    elif values.size:
        low, high = (float(kernels.reduce(one, values, None, False)) for one in (_MIN, _MAX))
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(
            f"torch.histogramdd: dimension {dim}'s range [{_spelled(low)}, {_spelled(high)}] is "
            "not finite"
        )
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {_spelled(low)} max "
            f"{_spelled(high)} for dimension {dim}"
        )
    return (low, high) if low < high else (low - 0.5, high + 0.5)


_MIN, _MAX = kernels.OURS["min"], kernels.OURS["max"]
_BIN_OF, _BOX_OF = kernels.OURS["bin_of"], kernels.OURS["box_of"]


def _checked_edges(edges: Tensor, dtype: _types.dtype, dim: int) -> Tensor:
    if edges.dtype is not dtype:
        names = [c_name(one) for one in (dtype, edges.dtype)]
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got "
            f"input with dtype {names[0]} and bins for dimension {dim} with dtype {names[1]}"
        )
    if edges.ndim != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {edges.ndim} "
            f"dimensions in the bins tensor for dimension {dim}"
        )
    if edges.numel() == 0:
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in "
            f"the bins tensor for dimension {dim}"
        )
    return edges


def _checked_weight(weight, input: Tensor) -> np.ndarray | None:
    if weight is None:
        return None
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor "
            f"should have the same dtype, but got input({c_name(input.dtype)}), and "
            f"weight({c_name(weight.dtype)})"
        )
    if weight.shape != input.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            f"input tensor excluding its innermost dimension, but got input with shape "
            f"{list(input.shape)} and weight with shape {list(weight.shape)}"
        )
    return weight._array.reshape(-1)


def _edges_of(points: np.ndarray, bins, ranges, dtype: _types.dtype) -> list[Tensor]:
    """The bins' edges in every dimension: as given, or so many of one width."""
    edges = []
    for dim, one in enumerate(bins):
        if isinstance(one, Tensor):
            edges.append(_checked_edges(one, dtype, dim).detach())
            continue
        _refuse_bins_of_several(one, dim)
        given = None if ranges is None else tuple(map(float, ranges[2 * dim : 2 * dim + 2]))
        low, high = _range_of(points[:, dim], given, dim)
        edges.append(linspace(low, high, one + 1, dtype=dtype))
    return edges


def _refuse_bins_of_several(bins: int, dim: int) -> None:
    """Refuse edges of which there are none, then bins of which there are none."""
    if bins < -1:
        raise RuntimeError("number of steps must be non-negative")
    if bins == -1:
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in "
            f"the bins tensor for dimension {dim}"
        )
    _refuse_bins(bins, dim)


def _count_in_boxes(points: np.ndarray, edges: list, are_even: list, weight) -> np.ndarray:
    """How many points are in each box, or the sums of their weights."""
    shape = tuple([one.size - 1 for one in edges])
    n_boxes = math.prod(shape)
    if n_boxes == 0:
        return np.zeros(shape, points.dtype)
    sizes = [-one.size if is_even else one.size
             for one, is_even in zip(edges, are_even, strict=True)]
    joined = edges[0] if len(edges) == 1 else np.concatenate(edges)
    exact = np.float32 if points.dtype.char == "e" else points.dtype
    points_and_edges = [one.astype(exact, copy=False) for one in (points, joined)]
    operands = (*points_and_edges, np.array(sizes, np.int64))
    box_of = kernels.outputs(_BOX_OF, operands, None, (n_boxes,))
    if weight is not None:
        return _totals(box_of, weight, n_boxes + 1)[:n_boxes].reshape(shape)
    return _counts(box_of, n_boxes, points.dtype).reshape(shape)


def _as_density(counts: np.ndarray, edges: list) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        density = counts / counts.sum()
        for dim, one in enumerate(edges):
            density /= np.diff(one).reshape([-1 if k == dim else 1 for k in range(counts.ndim)])
    return density


def _refuse_kind(input: Tensor, bins) -> None:
    """Refuse dtypes that no kernel of PyTorch's counts; float16 is counted between given edges."""
    kernel = "histogramdd"
    for dim, one in enumerate(bins):
        if isinstance(one, Tensor):
            _checked_edges(one, input.dtype, dim)
            kernel = "histogram_cpu"
    if kernel == "histogram_cpu" and input.dtype is _types.float16:
        return
    kind = kernels.TYPE_NAMES[input.dtype.numpy.num]
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{kind}'")


def _histogram(input: Tensor, bins, ranges, weight, density: bool) -> tuple[Tensor, list[Tensor]]:
    """Counts of the points whose coordinates are in the last dimension."""
    points = input._array.reshape(math.prod(input.shape[:-1]), input.shape[-1])
    weight = _checked_weight(weight, input)
    if input.dtype.name not in ("float32", "float64"):
        _refuse_kind(input, bins)
    edges = _edges_of(points, bins, ranges, input.dtype)
    arrays = [one._array for one in edges]
    are_even = [not isinstance(one, Tensor) for one in bins]
    counts = _count_in_boxes(points, arrays, are_even, weight)
    return Tensor._wrap(_as_density(counts, arrays) if density else counts), edges


@takes_out(texts={0: _OTHER_COUNTS, 1: f"{_OTHER_EDGES} for dimension 0"})
@method()
def histogram(
    input: Tensor,
    bins: int | Tensor = 100,
    *,
    range: tuple[float, float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> NamedResult:
    """How many elements fall between neighbouring edges: (hist, bin_edges).

    ``bins`` are the edges, or how many bins of one width there are in ``range``, by default that of
    the elements; the last bin has both of its edges. Elements count as their ``weight``. With
    ``density`` the integral is 1. Raises RuntimeError for bins that are not there.
    """
    if isinstance(bins, (bool, np.ndarray)):
        raise TypeError("bins are a number, or edges")
    if isinstance(bins, int):
        _refuse_bins(bins, 0)
    if isinstance(bins, Tensor) and range is not None:
        raise TypeError(
            "histogram() received an invalid combination of arguments - got (Tensor, Tensor, "
            "range=tuple): the edges are the range"
        )
    points = Tensor._wrap(kernels.unsqueezed(kernels.flat(input._array), 1))
    if weight is not None:
        weight = weight.detach().reshape(-1)
    hist, edges = _histogram(points, [bins], range, weight, density)
    return histogram_result((hist, edges[0]))


@takes_tensors
def histogramdd(
    input: Tensor,
    bins,
    range=None,
    weight: Tensor | None = None,
    density: bool = False,
) -> NamedResult:
    """How many points fall into each box: (hist, bin_edges), the edges a tuple.

    The points' coordinates are in the last dimension of ``input``. ``bins``: a number for each
    dimension or for all, or tensors of edges; ``range`` has the outer edges of all dimensions one
    after the other. Shape: (..., dimensions) to one dimension a coordinate. Raises RuntimeError for
    bins, ranges and weights that do not fit.
    """
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    n = input.shape[-1]
    if isinstance(bins, int) and not isinstance(bins, bool):
        bins = (bins,) * n
    if not isinstance(bins, (list, tuple)):
        raise TypeError("histogramdd() takes numbers of bins or their edges")
    if bins and is_index(bins[0]):
        bins = sizes_of("histogramdd", (bins,), (), "bins")
    else:
        check_tensors(bins)
    if len(bins) != n:
        has_edges = bool(bins) and isinstance(bins[0], Tensor)
        raise RuntimeError(
            f"torch.histogramdd: expected {n} sequences of bin edges for a {n}-dimensional "
            f"histogram but got {len(bins)}"
            if has_edges
            else "histogramdd: The size of bins must be equal to the innermost dimension of the "
            "input."
        )
    if range is not None and len(range) != 2 * n:
        raise RuntimeError(
            f"torch.histogramdd: for a {n}-dimensional histogram range should have {2 * n} "
            f"elements, but got {len(range)}"
        )
    hist, edges = _histogram(input.detach(), bins, range, weight, density)
    return histogramdd_result((hist, tuple(edges)))


__all__ = ["bincount", "histc", "histogram", "histogramdd"]
