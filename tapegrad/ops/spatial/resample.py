"""Tensors in another resolution: the nearest elements, or weighted sums of neighbours.

All modes work on one dimension after the other. An output ``o`` stands at ``(o + 1/2)·scale - 1/2``
of the input, or at ``o·scale`` where corners are aligned; ``scale`` is the ratio of sizes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops._floats import HALF, rounded_once
from tapegrad.ops.spatial import axes
from tapegrad.ops.spatial.sizes import remembered, scalar_name


class Change(NamedTuple):
    """A dimension whose size changes: which it is, its sizes, and how outputs lie in it."""

    dim: int
    size: int
    n_out: int
    ratio: axes.Ratio


class Resampling(NamedTuple):
    """How a tensor's last dimensions change, the last one first."""

    changes: tuple[Change, ...]


@remembered
def _resampling(size: tuple, counts: tuple, aligned: bool, factors: tuple) -> Resampling:
    """The changes from a size to another; ``factors`` as in :func:`resampled`."""
    changes = []
    for k in reversed(range(len(size))):
        scale = _scale(size[k], counts[k], aligned, factors[k])
        if size[k] != counts[k] or scale != 1.0:
            changes.append(Change(k + 2, size[k], counts[k], axes.Ratio(aligned, scale)))
    return Resampling(tuple(changes))


def _selecting_op(name: str, grad_name: str, mode: int):
    """The nearest element for each output."""

    def forward(input: np.ndarray, resampling: Resampling) -> np.ndarray:
        result = input
        for dim, _, count, ratio in resampling.changes:
            result = axes.select_along(result, dim, count, mode, scale=ratio.scale)
        return kernels.cast_array(input, input.dtype) if result is input else result

    def backward(values: np.ndarray, resampling: Resampling) -> np.ndarray:
        result = values
        for dim, size, _, ratio in resampling.changes:
            result = axes.add_along(result, dim, size, mode, scale=ratio.scale)
        return kernels.cast_array(values, values.dtype) if result is values else result

    return _with_transpose(name, grad_name, forward, backward)


def _weighing_op(name: str, grad_name: str, mode: int):
    """Weighted sums of neighbours."""
    # PyTorch keeps the weights of float16 in float16, but not between the four of bilinear.
    rounds = name != "upsample_bilinear2d"

    def forward(input: np.ndarray, resampling: Resampling) -> np.ndarray:
        if input.dtype.char == "e":
            wide = _weighed(kernels.cast_array(input, np.float32), mode, resampling, rounds)
            return kernels.cast_array(wide, np.float16)
        return _weighed(input, mode, resampling, False)

    def backward(values: np.ndarray, resampling: Resampling) -> np.ndarray:
        result = values
        for dim, size, _, ratio in resampling.changes:
            result = axes.spread_along(result, dim, size, mode, ratio)
        return kernels.cast_array(values, values.dtype) if result is values else result

    return _with_transpose(name, grad_name, forward, backward)


def _weighed(input: np.ndarray, mode: int, resampling: Resampling, halves: bool) -> np.ndarray:
    result = input
    weigh = axes.weigh_bytes_along if input.dtype.char == "B" else axes.weigh_along
    for dim, _, count, ratio in resampling.changes:
        result = weigh(result, dim, count, mode, ratio._replace(halves=True) if halves else ratio)
    return kernels.cast_array(input, input.dtype) if result is input else result


def _with_transpose(name: str, grad_name: str, forward, backward):
    def added_up(values: np.ndarray, resampling: Resampling) -> np.ndarray:
        if values.dtype is HALF:    # what many readers give is not rounded in between
            return rounded_once(backward, values, resampling)
        return backward(values, resampling)

    back = op(
        f"{name}_backward", forward=added_up, values=lambda g, resampling: resample(g, resampling),
        doc="What each element's readers got, added up.",
    )  # fmt: skip
    resample = op(
        name, forward=forward, grad_name=grad_name,
        input=lambda g, resampling: back(g, resampling),
        doc="The same picture in another resolution.",
    )  # fmt: skip
    return resample


# By mode and number of spatial dimensions; the smooth ones average where they shrink.
RESAMPLERS = {
    **{
        ("nearest", d): _selecting_op(
            f"upsample_nearest{d}d", f"UpsampleNearest{d}DBackward0", axes.NEAREST
        )
        for d in (1, 2, 3)
    },
    **{
        ("nearest-exact", d): _selecting_op(
            f"_upsample_nearest_exact{d}d",
            f"UpsampleNearestExact{d}DBackward0",
            axes.NEAREST_EXACT,
        )
        for d in (1, 2, 3)
    },
    **{
        (mode, d): _weighing_op(
            f"upsample_{mode}{d}d", f"Upsample{mode.capitalize()}{d}DBackward0", kind
        )
        for mode, d, kind in (
            ("linear", 1, axes.LINEAR), ("bilinear", 2, axes.LINEAR),
            ("trilinear", 3, axes.LINEAR), ("bicubic", 2, axes.CUBIC),
        )
    },
    **{
        (f"{mode} smooth", 2): _weighing_op(
            f"_upsample_{mode}2d_aa", f"Upsample{mode.capitalize()}2DAaBackward0", kind
        )
        for mode, kind in (("bilinear", axes.LINEAR_SMOOTH), ("bicubic", axes.CUBIC_SMOOTH))
    },
}  # fmt: skip


def resampled(input: Tensor, mode: str, count: tuple, aligned: bool, factors: tuple) -> Tensor:
    """The input's last dimensions in ``count`` elements.

    ``factors`` are the ratios of sizes where they are not just those of the sizes; else None.
    """
    size = input.shape[2:]
    if not input.is_floating_point() or mode.endswith("smooth") or 0 in input.shape \
            or min(count) <= 0:
        _check(input, mode, tuple(size), count)
    return RESAMPLERS[mode, len(size)](input, _resampling(size, count, aligned, factors))


def _scale(n_in: int, n_out: int, aligned: bool, factor: float | None) -> float:
    if aligned:
        return (n_in - 1) / (n_out - 1) if n_out > 1 else 0.0
    if factor is not None and factor > 0:
        return 1.0 / factor
    return n_in / n_out


def _check(input: Tensor, mode: str, size: tuple, count: tuple) -> None:
    n_dims = len(size)
    if min(*size, *count) <= 0:
        names = "DHW"[3 - n_dims :]
        sizes = [
            ", ".join(f"{name}: {n}" for name, n in zip(names, one, strict=True))
            for one in (size, count)
        ]
        between = "and " if n_dims == 1 else ""
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({sizes[0]}) "
            f"{between}output ({sizes[1]})"
        )
    if input.shape[1] == 0:
        raise RuntimeError(
            f"Non-empty {n_dims + 2}D data tensor expected but got a tensor with sizes "
            f"{list(input.shape)}"
        )
    if mode.endswith("smooth") and input.dtype.name == "float16":
        raise NotImplementedError('"compute_index_ranges_weights" not implemented for \'Half\'')
    if input.is_floating_point() or (input.dtype.name == "uint8" and mode in _TAKES_BYTES):
        return
    if n_dims == 2 and mode in ("nearest", "nearest-exact", "bilinear"):
        name = f"upsample_{mode.replace('-', '_')}2d_channels_last"
    else:
        kind = {"bicubic": "cubic", "trilinear": "linear", "nearest-exact": "nearest"}
        name = f"compute_indices_weights_{kind.get(mode, mode)}"
    raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(input._array)}'")


_TAKES_BYTES = {
    "nearest", "nearest-exact", "bilinear", "bicubic", "bilinear smooth", "bicubic smooth",
}  # fmt: skip
