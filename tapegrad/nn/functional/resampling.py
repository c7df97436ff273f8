"""Images in another resolution, and images read at any positions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.nn.functional.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from tapegrad.ops import spatial
from tapegrad.ops._dims import is_index, plain_ints
from tapegrad.ops._refusal import refusal

# ------------------------------------------------------------------------- resolution

_NEEDS = {"linear": 3, "bilinear": 4, "trilinear": 5}
_AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}


def _one_a_dimension(name: str, given: Any, input: Tensor) -> list:
    n_dims = input.ndim - 2
    if not isinstance(given, (tuple, list)):
        return [given] * n_dims
    if len(given) != n_dims:
        what = "output size of" if name == "size" else "scale_factor of shape"
        form = (
            "output size in (o1, o2, ...,oK) format." if name == "size"
            else "scale_factor in (s1, s2, ...,sK) format."
        )  # fmt: skip
        raise ValueError(
            f"Input and {'output' if name == 'size' else name} must have the same number of "
            f"spatial dimensions, but got input with spatial dimensions of {list(input.shape[2:])} "
            f"and {what} {given}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            + form
        )
    if name == "size" and plain_ints(given, n_dims) is None \
            and not all(isinstance(one, bool) or is_index(one) for one in given):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, "
            f"int], but got size with types {[type(one) for one in given]}"
        )
    return list(given)


def _wanted_sizes(
    input: Tensor, size: Any, scale_factor: Any, recompute: bool | None, mode: str
) -> tuple[list[int], list]:
    """Output sizes, and the factors that positions are computed with; None for the sizes' ratio."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    no_factors: list = [None] * (input.ndim - 2)
    if size is not None:
        sizes = _one_a_dimension("size", size, input)
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return sizes, no_factors
    factors = _one_a_dimension("scale_factor", scale_factor, input)
    if recompute or mode == "area":
        each = zip(input.shape[2:], factors, strict=True)
        return [int(n * factor) for n, factor in each], no_factors
    each = zip(input.shape[2:], factors, strict=True)
    return [_scaled(n, factor) for n, factor in each], factors


def _scaled(n: int, factor: Any) -> Any:
    """A size times a factor; what is no number is refused further down."""
    if not isinstance(factor, (int, float, np.number)):
        return factor
    size = float(n) * factor
    if not abs(size) < 2.0**63:
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    return int(size)


def _check(
    input: Tensor, mode: str, antialias: bool, size: Any, sizes: list, factors: list,
    align_corners: Any,
) -> tuple[int, ...]:  # fmt: skip
    """The sizes; PyTorch's error of the compiled function where there is something unusual."""
    is_plain = {*map(type, sizes)} == {int} and {*map(type, factors)} <= {int, float, type(None)}
    if is_plain and isinstance(align_corners, bool | None) and max(sizes) < 2**63:
        return tuple(sizes)
    name = "_upsample_nearest_exact" if mode == "nearest-exact" else f"upsample_{mode}"
    name = f"_{name}{input.ndim - 2}d_aa" if antialias else f"{name}{input.ndim - 2}d"
    aligned = () if mode.startswith("nearest") else (
        False if align_corners is None else align_corners,)
    shown = type(size)(sizes) if isinstance(size, (tuple, list)) else sizes
    given = (None, *aligned, factors) if size is None else (shown, *aligned, None)
    error = refusal(name, (input, *given), {}, is_method=False)
    if error is not None:
        raise error
    return tuple(map(index, sizes))


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The same sequences, images or volumes in another resolution.

    ``mode`` is "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area".
    ``align_corners`` lets the outermost elements coincide, rather than the outermost borders;
    ``antialias`` averages where it shrinks. With ``scale_factor`` positions are computed with that
    factor, with ``recompute_scale_factor`` or ``size`` with the ratio of sizes.
    Shape: ``(batch, channels, *sizes)`` to ``(batch, channels, *new sizes)``.
    """
    ndim = input.dim()
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | "
            "bilinear | bicubic | trilinear"
        )
    sizes, factors = _wanted_sizes(input, size, scale_factor, recompute_scale_factor, mode)
    if antialias and not (mode in ("bilinear", "bicubic") and ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input"
        )
    if ndim in (3, 4, 5) and mode == "area":
        return _AREA[ndim](input, tuple(sizes))
    _check_mode(mode, ndim)
    counts = _check(input, mode, antialias, size, sizes, factors, align_corners)
    name = f"{mode} smooth" if antialias else mode
    return spatial.resampled(input, name, counts, bool(align_corners), tuple(factors))


def _check_mode(mode: str, ndim: int) -> None:
    if ndim in (3, 4, 5):
        if mode in ("nearest", "nearest-exact") or (mode == "bicubic" and ndim == 4):
            return
        if mode in _NEEDS:
            if ndim != _NEEDS[mode]:
                raise NotImplementedError(
                    f"Got {ndim}D input, but {mode} mode needs {_NEEDS[mode]}D input"
                )
            return
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: "
        "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got "
        f"{mode})"
    )


def _note_deprecated(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=3,
    )


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of :func:`interpolate`."""
    _note_deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of :func:`interpolate` with mode "nearest"."""
    _note_deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of :func:`interpolate` with mode "bilinear" and aligned corners."""
    _note_deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


# ------------------------------------------------------------------------- grids

_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
_PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}


def _with_default(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=3,
        )
        return False
    return align_corners


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Images read at the positions of a grid, which go from -1 to 1, columns first.

    ``mode`` is "bilinear", "nearest" or "bicubic"; ``padding_mode`` says what lies outside:
    "zeros", the "border" again, or a "reflection". Shape: ``(batch, channels, height, width)`` and
    ``(batch, rows, columns, 2)`` to ``(batch, channels, rows, columns)``, or one dimension more.
    Source: Jaderberg et al. 2015.
    """
    if not (isinstance(mode, str) and mode in _MODES):
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if not (isinstance(padding_mode, str) and padding_mode in _PADDINGS):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    aligned = _with_default(align_corners)
    return spatial.grid_sampler(input, grid, _MODES[mode], _PADDINGS[padding_mode], aligned)


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Where affine maps ``theta`` take the positions of images: a grid for :func:`grid_sample`.

    Shape: ``(batch, 2, 3)`` and ``size = (batch, channels, height, width)`` to ``(batch, height,
    width, 2)``, or one dimension more. Source: Jaderberg et al. 2015.
    """
    aligned = _with_default(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    n = len(size) - 2
    if theta.ndim != 3 or theta.shape[1:] != (n, n + 1):
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got "
            f"{theta.shape}."
        )
    if aligned and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
            "align_corners=True. This is not an intended use case of affine_grid. See the "
            "documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return spatial.affine_grid_generator(theta, size, aligned)


__all__ = [
    "affine_grid", "grid_sample", "interpolate", "upsample", "upsample_bilinear",
    "upsample_nearest",
]  # fmt: skip
