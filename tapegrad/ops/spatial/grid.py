"""Images read at any positions: grids of affine maps, and the sampling at a grid's positions.

An image is read as a weighted sum of the elements around a position: by a kernel
(`_c/grid_type.h`), and where derivatives will be differentiated, or of float16, by tensors, so that
every order follows.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from typing import NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import float16
from tapegrad.ops._declare import composite, op, takes_tensors
from tapegrad.ops.linalg.products import bmm_op
from tapegrad.ops.shape import cat, stack
from tapegrad.ops.spatial.planes import pick, place_sums
from tapegrad.ops.spatial.sizes import in_3d, remembered, scalar_name

BILINEAR, NEAREST, BICUBIC = range(3)
ZEROS, BORDER, REFLECTION = range(3)
_MOST_PLACES = 2**31 - 1  # of a plane, which the kernel numbers in 32 bits


class Sampling(NamedTuple):
    """How positions are read: between elements, beyond the border, and what -1 and 1 mean."""

    mode: int
    padding: int
    aligned: bool


class Tap(NamedTuple):
    """One of the elements along an axis that a position reads."""

    place: Tensor
    weight: Tensor
    slope: Tensor  # of the weight, in the position


def _unnormalized(x: Tensor, size: int, aligned: bool) -> tuple[Tensor, float]:
    """From -1 … 1 to element numbers, and the factor between them."""
    if aligned:
        return (x + 1) * ((size - 1) / 2), (size - 1) / 2
    if x.dtype is float16:
        return (x + 1) * (size / 2) - 0.5, size / 2
    # Rounded once, as PyTorch's fused multiplication and addition.
    return ((x + 1).double() * (size / 2) - 0.5).to(x.dtype), size / 2


def _reflected(x: Tensor, size: int, aligned: bool) -> tuple[Tensor, Tensor]:
    """A position mirrored at the borders until it is inside, and the slope of that: 1 or -1."""
    low, span = (0.0, float(size - 1)) if aligned else (-0.5, float(size))
    if span == 0:
        return x * 0, x * 0
    distance = x - low
    sign = (distance >= 0).to(x.dtype) * 2 - 1
    distance = distance.abs()
    flips = (distance / span).floor()
    rest = distance - flips * span
    is_even = (flips % 2 == 0).to(x.dtype)
    inside = is_even * (rest + low) + (1 - is_even) * (span - rest + low)
    return inside, sign * (is_even * 2 - 1)


def _clipped(x: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """A position no farther than the border, and the slope of that: 1 or 0."""
    slope = ((x > 0) & (x < size - 1)).to(x.dtype)
    return x.clamp(0, size - 1), slope


def _kept_inside(x: Tensor, size: int, how: Sampling) -> tuple[Tensor, Tensor]:
    """A position as the padding has it, and the slope of that."""
    if how.padding == ZEROS:
        return x, x * 0 + 1
    if how.padding == BORDER:
        return _clipped(x, size)
    mirrored, sign = _reflected(x, size, how.aligned)
    clipped, slope = _clipped(mirrored, size)
    return clipped, slope * sign


def _cubic_weights(t: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Weights and slopes of the elements at -1, 0, 1 and 2 (Keys 1981, a = -0.75)."""
    a = -0.75
    result: list[tuple[Tensor, Tensor]] = []
    for d, sign in ((t + 1, 1.0), (t, 1.0), (1 - t, -1.0), (2 - t, -1.0)):
        if len(result) in (1, 2):
            weight = ((a + 2) * d - (a + 3)) * d * d + 1
            slope = (3 * (a + 2) * d - 2 * (a + 3)) * d
        else:
            weight = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
            slope = (3 * a * d - 10 * a) * d + 8 * a
        result.append((weight, slope * sign))
    return result


def _taps(x: Tensor, size: int, how: Sampling) -> list[Tap]:
    """The elements that positions ``(batch, n)`` along one axis read.

    A place is -1 where there is none.
    """
    position, factor = _unnormalized(x, size, how.aligned)
    if how.mode == BICUBIC:
        first = position.detach().floor()
        cubic = _cubic_weights(position - first)
        places = [_kept_inside(first + k, size, how)[0].round() for k in (-1, 0, 1, 2)]
        weights, slopes = [weight for weight, _ in cubic], [slope * factor for _, slope in cubic]
    else:
        kept, bend = _kept_inside(position.detach(), size, how)
        if how.mode == NEAREST:
            places, weights, slopes = [kept.round()], [x * 0 + 1], [x * 0]
        else:
            first = kept.floor()
            # The same values, and in the positions as steep as what was kept inside.
            t = (position - position.detach()) * bend + (kept - first)
            places, weights = [first, first + 1], [1 - t, t]
            slopes = [-bend * factor, bend * factor]
    return [
        Tap(_inside(place, size), weight, slope)
        for place, weight, slope in zip(places, weights, slopes, strict=True)
    ]


def _inside(place: Tensor, size: int) -> Tensor:
    is_inside = (place >= 0) & (place <= size - 1)
    return (place + 1).masked_fill(~is_inside, 0.0).long() - 1


def _corner_places(taps: tuple, size: tuple) -> tuple[Tensor, Tensor]:
    """Numbers in the plane of the elements where axes' taps cross, and whether they are there."""
    number, exists = taps[0].place.clamp(0), taps[0].place >= 0
    for tap, n in zip(taps[1:], size[1:], strict=True):
        number, exists = number * n + tap.place.clamp(0), exists & (tap.place >= 0)
    return number, exists


def _factors(taps: tuple, axis: int | None) -> Tensor:
    """The product of weights, with the slope in the place of one of them."""
    factors = [tap.slope if k == axis else tap.weight for k, tap in enumerate(taps)]
    return functools.reduce(operator.mul, factors)


class _Reading(NamedTuple):
    """For each corner: places ``(batch, 1, n)``, and its weights beside their slopes."""

    places: list[Tensor]
    weights: list[Tensor]
    slopes: list[list[Tensor]]


def _read(grid: Tensor, size: tuple, how: Sampling, with_slopes: bool) -> _Reading:
    """What each position of a grid ``(batch, n, axes)`` reads; its last axis counts columns."""
    n_axes = len(size)
    by_axis = [_taps(grid.select(-1, n_axes - 1 - k), size[k], how) for k in range(n_axes)]
    places, weights, slopes = [], [], []
    for taps in itertools.product(*by_axis):
        number, exists = _corner_places(taps, size)
        mask = exists.to(grid.dtype)
        places.append(number.unsqueeze(1))
        weights.append(_masked(_factors(taps, None), mask))
        if with_slopes:
            order = range(n_axes - 1, -1, -1)
            slopes.append([_masked(_factors(taps, axis), mask) for axis in order])
    return _Reading(places, weights, slopes)


def _masked(x: Tensor, mask: Tensor) -> Tensor:
    """Zero where the mask is, even where ``x`` is not finite."""
    return x.masked_fill(mask == 0, 0.0).unsqueeze(1)


def _flat(input: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    batch, n_axes = grid.shape[0], grid.shape[-1]
    return (
        input.reshape(batch, input.shape[1], -1),
        grid.reshape(batch, grid[0, ..., 0].numel() if batch else 0, n_axes),
    )


def _forward(input: np.ndarray, grid: np.ndarray, how: Sampling) -> np.ndarray:
    if input.dtype.char == "e" or math.prod(input.shape[2:]) > _MOST_PLACES:
        return _sampled(Tensor._wrap(input), Tensor._wrap(grid), how)._array
    planes, positions, params = _operands(input, grid, how)
    shape = (*planes.shape[:2], positions.shape[1])
    result = kernels.outputs(OURS["grid_sample"], (planes, positions), (shape,), params)
    return kernels.reshaped_view(result, (*input.shape[:2], *grid.shape[1:-1]))


def _operands(input: np.ndarray, grid: np.ndarray, how: Sampling) -> tuple:
    """Planes (batch, channels, places), positions (batch, n, axes), and the kernel's settings."""
    n, *rows, n_axes = grid.shape
    planes = kernels.joined(kernels.contiguous(input), 2)
    positions = kernels.reshaped_view(kernels.contiguous(grid), (n, math.prod(rows), n_axes))
    return planes, positions, (*how, *in_3d(input.shape[2:], 1))


def _backward(g: np.ndarray, input: np.ndarray, grid: np.ndarray, how: Sampling, needs) -> tuple:
    """Both gradients in one kernel, where nothing will be differentiated again."""
    planes, positions, params = _operands(input, grid, how)
    given = kernels.contiguous(g).reshape((*planes.shape[:2], positions.shape[1]))
    slopes = kernels.outputs(OURS["grid_sample_backward"], (given, planes, positions),
                             (planes.shape, positions.shape), params)
    shapes = (input.shape, grid.shape)
    return tuple(
        Tensor._wrap(slope.reshape(shape)) if needed else None
        for slope, shape, needed in zip(slopes, shapes, needs, strict=True)
    )


def _sampled(input: Tensor, grid: Tensor, how: Sampling) -> Tensor:
    size, shape = tuple(input.shape[2:]), grid.shape[1:-1]
    flat, positions = _flat(input, grid)
    if how.mode == BICUBIC:
        return _sampled_by_rows(flat, positions, size, how).reshape(*input.shape[:2], *shape)
    reading = _read(positions, size, how, False)
    parts = [
        pick(flat, place, 1) * weight
        for place, weight in zip(reading.places, reading.weights, strict=True)
    ]
    return functools.reduce(operator.add, parts).reshape(*input.shape[:2], *shape)


def _sampled_by_rows(flat: Tensor, positions: Tensor, size: tuple, how: Sampling) -> Tensor:
    """The same sum as that over all corners, in PyTorch's order: along a row, then across rows."""
    rows, columns = (_taps(positions.select(-1, 1 - k), size[k], how) for k in (0, 1))

    def weighed(row: Tap, column: Tap) -> Tensor:
        number, exists = _corner_places((row, column), size)
        read = pick(flat, number.unsqueeze(1), 1).masked_fill(~exists.unsqueeze(1), 0.0)
        return read * column.weight.unsqueeze(1)

    return functools.reduce(operator.add, [
        functools.reduce(operator.add, [weighed(row, column) for column in columns])
        * row.weight.unsqueeze(1) for row in rows
    ])


def _slopes(g: Tensor, input: Tensor, grid: Tensor, how: Sampling, needs) -> tuple:
    if input.dtype is float16:
        slopes = _slopes(g.float(), input.float(), grid.float(), how, needs)
        return tuple(one if one is None else one.half() for one in slopes)
    if not is_grad_enabled() and math.prod(input.shape[2:]) <= _MOST_PLACES:
        return _backward(g._array, input._array, grid._array, how, needs)
    size = tuple(input.shape[2:])
    flat, positions = _flat(input, grid)
    given = g.reshape(*g.shape[:2], positions.shape[1])
    reading = _read(positions, size, how, needs[1])
    slope = None
    if needs[0]:
        values = cat([given * weight for weight in reading.weights], -1)
        slope = place_sums(values, cat(reading.places, -1), tuple(flat.shape), 1)
        slope = slope.reshape(input.shape)
    return slope, _grid_slope(given, flat, reading, grid) if needs[1] else None


def _grid_slope(given: Tensor, flat: Tensor, reading: _Reading, grid: Tensor) -> Tensor:
    totals = [0.0] * grid.shape[-1]
    for place, slopes in zip(reading.places, reading.slopes, strict=True):
        agreement = (pick(flat, place, 1) * given).sum(1)
        totals = [
            total + agreement * slope.squeeze(1)
            for total, slope in zip(totals, slopes, strict=True)
        ]
    return stack(totals, -1).reshape(grid.shape)


_SAMPLERS = {
    d: op(
        f"grid_sampler_{d}d",
        forward=_forward,
        grad_name=f"GridSampler{d}DBackward0",
        inputs=("input", "grid"),
        gradients=lambda g, input, grid, how, needs: _slopes(g, input, grid, how, needs),
        doc="Images read at the positions of a grid.",
    )
    for d in (2, 3)
}


@takes_tensors
def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Images read at the positions of a grid; modes by number, as in PyTorch's operator.

    Shape: ``(batch, channels, *size)`` and ``(batch, *out, axes)`` to ``(batch, channels, *out)``.
    """
    _check_grid(input.shape, grid.shape)
    n_axes = input.ndim - 2
    if n_axes == 3 and interpolation_mode == BICUBIC:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.is_floating_point() and input.dtype is not grid.dtype:
        names = [scalar_name(one._array) for one in (input, grid)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")
    if not input.is_floating_point():
        suffix = "_kernel_impl" if n_axes == 2 else ""
        raise NotImplementedError(
            f'"grid_sampler_{n_axes}d_cpu{suffix}" not implemented for '
            f"'{scalar_name(input._array)}'"
        )
    how = Sampling(interpolation_mode, padding_mode, bool(align_corners))
    return _SAMPLERS[n_axes](input, grid, how)


@remembered
def _check_grid(input: tuple, grid: tuple) -> None:
    """Refuse sizes of images and of a grid that do not fit."""
    ndim, shapes = len(input), f"input with sizes {list(input)} and grid with sizes {list(grid)}"
    if not input or not grid:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if input[0] != grid[0]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, but got {shapes}"
        )
    if grid[-1] != ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {ndim - 2} in last dimension, but "
            f"got grid with sizes {list(grid)}"
        )
    if ndim not in (4, 5) or ndim != len(grid):
        wanted = f"{ndim}D" if ndim in (4, 5) else "4D or 5D"
        raise RuntimeError(
            f"grid_sampler(): expected {wanted} input and grid with same number of dimensions, but "
            f"got {shapes}"
        )
    for dim in range(2, ndim):
        if input[dim] == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {list(input)} with dimension {dim} being empty"
            )


@takes_tensors
def grid_sampler_2d(input, grid, interpolation_mode, padding_mode, align_corners) -> Tensor:
    """Images read at the positions of a grid ``(batch, height, width, 2)``."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


@takes_tensors
def grid_sampler_3d(input, grid, interpolation_mode, padding_mode, align_corners) -> Tensor:
    """Volumes read at the positions of a grid ``(batch, depth, height, width, 3)``."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


# ------------------------------------------------------------------------- affine grids


def _base(size: tuple, aligned: bool, dtype) -> Tensor:
    """Every position's coordinates from -1 to 1, columns first, and a 1: ``(n, axes + 1)``."""
    lines = []
    for n in size:
        line = np.linspace(-1, 1, n, dtype=dtype) if n > 1 else np.zeros(1, dtype)
        lines.append(line if aligned else line * ((n - 1) / n))
    mesh = np.meshgrid(*lines, indexing="ij")
    columns = [*reversed(mesh), np.ones(size)]
    return Tensor._wrap(np.stack(columns, -1).reshape(-1, len(size) + 1).astype(dtype))


def _affine(theta: Tensor, size: tuple, aligned: bool) -> Tensor:
    base = _base(size[2:], aligned, theta.dtype.numpy)
    grid = bmm_op(base.expand(size[0], *base.shape), theta.transpose(1, 2))
    return grid.reshape(size[0], *size[2:], len(size) - 2)


def _affine_slope(g: Tensor, size: tuple, aligned: bool) -> Tensor:
    base = _base(size[2:], aligned, g.dtype.numpy)
    flat = g.reshape(size[0], -1, len(size) - 2)
    return bmm_op(flat.transpose(1, 2), base.expand(size[0], *base.shape))


affine_grid_op = op(
    "affine_grid_generator",
    forward=composite(_affine),
    params=("theta", "size", "aligned"),
    theta=lambda g, size, aligned: _affine_slope(g, size, aligned),
    doc="Where an affine map takes every position.",
)


@takes_tensors
def affine_grid_generator(theta: Tensor, size, align_corners: bool) -> Tensor:
    """The positions to which affine maps take those of images.

    Shape: ``(batch, 2, 3)`` and ``size = (batch, channels, height, width)`` to ``(batch, height,
    width, 2)``, or one dimension more.
    """
    size = tuple(size)
    if theta.shape[0] != size[0]:
        n = len(size) - 1
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{size[0]}, {n}] but got: [{theta.shape[0]}, {n}]."
        )
    return affine_grid_op(theta, size, bool(align_corners))


__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]
