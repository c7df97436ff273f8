"""Images turned, moved, scaled and sheared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, linspace, tensor
from tapegrad.vision.transforms._geometry import picture_fill
from tapegrad.vision.transforms._images import (
    PIL_MODES,
    InterpolationMode,
    get_dimensions,
    interpolation_mode,
    is_image_tensor,
    is_number,
)  # fmt: skip
from tapegrad.vision.transforms._sampling import (
    check_sampling,
    homogeneous,
    kind_of_grid,
    sampled,
)  # fmt: skip

AFFINE_OF_PIL = 0


def rotate(
    img: Any, angle: float, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False,
    center: Sequence[float] | None = None, fill: Any = None,
) -> Any:  # fmt: skip
    """The image turned against the clock by degrees, about ``center``: ``(x, y)``, or its middle.

    ``expand`` makes room for all of it, if ``center`` is None; ``fill`` is what comes in at the
    corners. Raises TypeError, ValueError for other arguments.
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    _check_center(center)
    if not is_image_tensor(img):
        colour = picture_fill(fill, img)
        return img.rotate(angle, PIL_MODES[mode], expand, center, fillcolor=colour)
    matrix = inverse_affine_matrix(_from_middle(center, img), -angle)
    height, width = img.shape[-2:]
    size = _expanded_size(matrix, width, height) if expand else (width, height)
    return _sampled(img, matrix, size, mode.value, fill)


def affine(
    img: Any, angle: float, translate: Sequence[int], scale: float, shear: Any,
    interpolation: Any = InterpolationMode.NEAREST, fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """The image sheared, scaled, turned with the clock by degrees, then moved by pixels.

    ``shear`` is in degrees, along x or ``(x, y)``. Raises TypeError, ValueError for others.
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    shears = _shears(shear)
    _check_center(center)
    _, height, width = get_dimensions(img)
    if is_image_tensor(img):
        matrix = inverse_affine_matrix(_from_middle(center, img), angle, translate, scale, shears)
        return _sampled(img, matrix, (width, height), mode.value, fill)
    middle = [width * 0.5, height * 0.5] if center is None else center
    matrix = inverse_affine_matrix(middle, angle, translate, scale, shears)
    colour = picture_fill(fill, img)
    return img.transform(img.size, AFFINE_OF_PIL, matrix, PIL_MODES[mode], fillcolor=colour)


def _check_center(center: Any) -> None:
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")


def _shears(shear: Any) -> list[float]:
    if is_number(shear):
        return [shear, 0.0]
    if not isinstance(shear, (list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    values = [*shear] * (2 if len(shear) == 1 else 1)
    if len(values) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {values}")
    return values


def _from_middle(center: Sequence[float] | None, img: Tensor) -> Sequence[float]:
    """A point, counted from the middle of the image instead of its corner."""
    if center is None:
        return (0.0, 0.0)
    return [c - size * 0.5 for c, size in zip(center, img.shape[:-3:-1], strict=True)]


def inverse_affine_matrix(
    center: Sequence[float], angle: float, translate: Sequence[float] = (0.0, 0.0),
    scale: float = 1.0, shear: Sequence[float] = (0.0, 0.0),
) -> list[float]:  # fmt: skip
    """Where a point of the result comes from, as two rows of three.

    The inverse of ``T C R S Z C⁻¹``: translation, centre, rotation, shear, scale.
    """
    turn, shear_x, shear_y = (math.radians(degrees) for degrees in (angle, *shear))
    (cx, cy), (tx, ty) = center, translate
    stretch = math.cos(turn - shear_y) / math.cos(shear_y)
    slope = math.sin(turn - shear_y) / math.cos(shear_y)
    b = -stretch * math.tan(shear_x) - math.sin(turn)
    d = -slope * math.tan(shear_x) + math.cos(turn)
    rows = [(d / scale, -b / scale, cx), (-slope / scale, stretch / scale, cy)]
    return [
        value for x, y, c in rows for value in (x, y, x * (-cx - tx) + y * (-cy - ty) + c)
    ]


def _expanded_size(matrix: list[float], width: int, height: int) -> tuple[int, int]:
    """Width and height of the box around a turned image, in steps of 1e-4 pixels."""
    halves = [(x, y) for x in (-0.5, 0.5) for y in (-0.5, 0.5)]
    corners = tensor([[x * width, y * height, 1.0] for x, y in halves])
    turned = corners @ tensor(matrix).view(2, 3).T
    middle = tensor([width * 0.5, height * 0.5])
    lowest, highest = turned.amin(0) + middle, turned.amax(0) + middle
    step = 1e-4
    box = ((highest / step).trunc() * step).ceil() - ((lowest / step).trunc() * step).floor()
    return int(box[0]), int(box[1])


def _sampled(
    img: Tensor, matrix: list[float], size: tuple[int, int], mode: str, fill: Any
) -> Tensor:
    """The image read where the matrix says, and ``fill`` outside of it."""
    check_sampling(img, mode, fill)
    theta = tensor(matrix, dtype=kind_of_grid(img)).view(2, 3)
    return sampled(img, _grid(theta, img.shape[:-3:-1], size), mode, fill)


def _grid(theta: Tensor, source: Sequence[int], size: tuple[int, int]) -> Tensor:
    """For each pixel of the result the point of the source, whose edges are at ±1.

    Shape: ``(1, height, width, 2)``.
    """
    width, height = size
    x = linspace(-width * 0.5 + 0.5, width * 0.5 - 0.5, width)
    y = linspace(-height * 0.5 + 0.5, height * 0.5 - 0.5, height)
    half = tensor([0.5 * source[0], 0.5 * source[1]], dtype=theta.dtype)
    points = homogeneous(x, y).to(theta.dtype)
    return (points @ (theta.T / half)).view(1, height, width, 2)
