"""Images seen from elsewhere, and moved differently at every point."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tapegrad import Size, Tensor, float32, float64, linalg, linspace, meshgrid, stack, tensor
from tapegrad.vision.transforms._conversion import as_tensor_image
from tapegrad.vision.transforms._geometry import picture_fill
from tapegrad.vision.transforms._images import (
    MODES,
    PIL_MODES,
    InterpolationMode,
    interpolation_mode,
    is_image_tensor,
)  # fmt: skip
from tapegrad.vision.transforms._sampling import (
    check_sampling,
    homogeneous,
    kind_of_grid,
    sampled,
)  # fmt: skip

PERSPECTIVE_OF_PIL = 2
Corners = Sequence[Sequence[int]]


def perspective(
    img: Any, startpoints: Corners, endpoints: Corners,
    interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None,
) -> Any:  # fmt: skip
    """The image with four points ``(x, y)`` moved to four others, as a plane seen from elsewhere.

    Raises ValueError unless there are four, TypeError for no mode of interpolation.
    """
    coefficients = perspective_coefficients(startpoints, endpoints)
    mode = interpolation_mode(interpolation)
    if not is_image_tensor(img):
        colour = picture_fill(fill, img)
        return img.transform(
            img.size, PERSPECTIVE_OF_PIL, coefficients, PIL_MODES[mode], fillcolor=colour
        )
    check_sampling(img, mode.value, fill)
    return sampled(img, _perspective_grid(img, coefficients), mode.value, fill)


def perspective_coefficients(startpoints: Corners, endpoints: Corners) -> list[float]:
    """The map from ``endpoints`` back to ``startpoints``, as the eight numbers ``a`` to ``h``.

    It takes ``(x, y)`` to ``(ax + by + c, dx + ey + f) / (gx + hy + 1)``.
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and "
            f"{len(endpoints)} endpoints."
        )
    rows = [
        row
        for (x, y), (u, v) in zip(endpoints, startpoints, strict=True)
        for row in ([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y])
    ]
    places = tensor(startpoints, dtype=float64).view(8)
    found = linalg.lstsq(tensor(rows, dtype=float64), places, driver="gels").solution
    return found.to(float32).tolist()


def _perspective_grid(img: Tensor, coefficients: list[float]) -> Tensor:
    height, width = img.shape[-2:]
    a, b, c, d, e, f, g, h = coefficients
    kind = kind_of_grid(img)
    x, y = (linspace(0.5, size - 0.5, size).to(kind) for size in (width, height))
    points = homogeneous(x, y)
    half = tensor([0.5 * width, 0.5 * height], dtype=kind)
    across_and_down = points @ (tensor([[a, b, c], [d, e, f]], dtype=kind).T / half)
    depth = points @ tensor([[g], [h], [1.0]], dtype=kind)
    return (across_and_down / depth - 1.0).view(1, height, width, 2)


def elastic_transform(
    img: Any, displacement: Tensor, interpolation: Any = InterpolationMode.BILINEAR,
    fill: Any = None,
) -> Any:  # fmt: skip
    """The image read at displaced places: shares of half its size, ``(1, height, width, 2)``.

    Raises TypeError for a displacement that is no tensor, ValueError for one of another shape.
    """
    if isinstance(interpolation, int):
        warnings.warn(
            "Argument interpolation should be of type InterpolationMode instead of int. Please, "
            "use InterpolationMode enum.",
            stacklevel=2,
        )
        interpolation = MODES[interpolation]
    if not isinstance(displacement, Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    image, back = as_tensor_image(img)
    height, width = image.shape[-2:]
    wanted = Size((1, height, width, 2))
    if displacement.shape != wanted:
        raise ValueError(
            f"Argument displacement shape should be {wanted}, but given {displacement.shape}"
        )
    spans = [linspace((1 - size) / size, (size - 1) / size, size) for size in (height, width)]
    y, x = meshgrid(*spans, indexing="ij")
    return back(sampled(image, stack((x, y), -1)[None] + displacement, interpolation.value, fill))
