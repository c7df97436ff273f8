"""Resampling arrays along one axis: elements picked, or weighted sums of neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS

# The modes of `_c/resample.c`.
(NEAREST, NEAREST_EXACT, LINEAR, CUBIC, LINEAR_SMOOTH, CUBIC_SMOOTH,
 REFLECT, REPLICATE, CIRCULAR) = range(9)  # fmt: skip


def _as_rows(array: np.ndarray, dim: int) -> np.ndarray:
    """``(outer, dim, inner)``, row-major."""
    shape = array.shape
    rows = math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])
    return kernels.reshaped_view(kernels.contiguous(array), rows)


def _with_size(array: np.ndarray, dim: int, size: int) -> tuple:
    return (*array.shape[:dim], size, *array.shape[dim + 1 :])


def _remembered(make: Callable) -> Callable:
    """Remember what is made for axes of few outputs; that of many would fill memory."""
    kept = lru_cache(64)(make)

    def made(n_in: int, n_out: int, *how: Any) -> Any:
        return (kept if n_out <= 4096 else make)(n_in, n_out, *how)

    return made


@_remembered
def _places(n_in: int, n_out: int, mode: int, before: int, scale: float) -> np.ndarray:
    """Which element each output is."""
    places = kernels.empty((n_out,), np.int64)
    OURS["axis_places"](places, params=(mode, n_in, before, 0, 0, scale))
    return places


def select_along(
    input: np.ndarray, dim: int, n_out: int, mode: int, before: int = 0, scale: float = 1.0
) -> np.ndarray:
    """One element of the axis for each output."""
    rows = _as_rows(input, dim)
    places = _places(rows.shape[1], n_out, mode, before, scale)
    shape = (rows.shape[0], n_out, rows.shape[2])
    result = kernels.outputs(OURS["select_rows"], (rows, places), (shape,), (0,))
    return kernels.reshaped_view(result, _with_size(input, dim, n_out))


def add_along(
    g: np.ndarray, dim: int, n_in: int, mode: int, before: int = 0, scale: float = 1.0
) -> np.ndarray:
    """The transpose of :func:`select_along`: each output added to its element."""
    rows = _as_rows(g, dim)
    places = _places(n_in, rows.shape[1], mode, before, scale)
    shape = (rows.shape[0], n_in, rows.shape[2])
    result = kernels.outputs(OURS["add_rows_at"], (rows, places), (shape,), (0,))
    return kernels.reshaped_view(result, _with_size(g, dim, n_in))


class Ratio(NamedTuple):
    """How outputs lie among inputs: corners on corners or not, how far apart, rounded or not."""

    aligned: bool
    scale: float
    halves: bool = False  # weights in half precision


@_remembered
def _taps(n_in: int, n_out: int, mode: int, ratio: Ratio, is_double: bool) -> tuple:
    """Which elements each output reads, and their weights."""
    scale = ratio.scale
    reach = {LINEAR_SMOOTH: 1, CUBIC_SMOOTH: 2}.get(mode)
    if reach is None:
        n_taps = 4 if mode == CUBIC else 2
    else:
        n_taps = min(n_in, 2 * math.ceil(reach * max(scale, 1.0)) + 1)
    places = kernels.empty((n_out, n_taps), np.int64)
    weights = kernels.empty((n_out, n_taps), np.float64 if is_double else np.float32)
    OURS["axis_taps"](places, weights, params=(mode, n_in, 0, ratio.aligned, ratio.halves, scale))
    return places, weights


def weigh_along(
    input: np.ndarray, dim: int, n_out: int, mode: int, ratio: Ratio
) -> np.ndarray:
    """A weighted sum of neighbours along the axis for each output."""
    rows = _as_rows(input, dim)
    taps = _taps(rows.shape[1], n_out, mode, ratio, input.dtype.char == "d")
    shape = (rows.shape[0], n_out, rows.shape[2])
    result = kernels.outputs(OURS["weigh_rows"], (rows, *taps), (shape,), (0,))
    return kernels.reshaped_view(result, _with_size(input, dim, n_out))


def weigh_bytes_along(
    input: np.ndarray, dim: int, n_out: int, mode: int, ratio: Ratio
) -> np.ndarray:
    """The same for bytes: as PyTorch does it, with weights in whole numbers of at most 15 bits."""
    rows = _as_rows(input, dim)
    places, weights = _taps(rows.shape[1], n_out, mode, ratio, True)
    largest, precision = float(weights.max()), 0
    while precision < 22 and int(0.5 + largest * 2 ** (precision + 1)) < 2**15:
        precision += 1
    shape = (rows.shape[0], n_out, rows.shape[2])
    taps = (places, weights)
    result = kernels.outputs(OURS["weigh_bytes"], (rows, *taps), (shape,), (0, precision))
    return kernels.reshaped_view(result, _with_size(input, dim, n_out))


def spread_along(
    g: np.ndarray, dim: int, n_in: int, mode: int, ratio: Ratio
) -> np.ndarray:
    """The transpose of :func:`weigh_along`."""
    rows = _as_rows(g, dim)
    taps = _taps(n_in, rows.shape[1], mode, ratio, g.dtype.char == "d")
    shape = (rows.shape[0], n_in, rows.shape[2])
    result = kernels.outputs(OURS["spread_rows"], (rows, *taps), (shape,), (0,))
    return kernels.reshaped_view(result, _with_size(g, dim, n_in))
