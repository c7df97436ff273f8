"""Images turned, moved, scaled and sheared at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._draws import angles, check_sequence, uniform
from tapegrad.vision.transforms._images import (
    MODES,
    InterpolationMode,
    fill_for,
    is_number,
)  # fmt: skip


class _Turning(Module):
    """What the two share: angles, the mode, the middle and the colour of what comes in."""

    def __init__(self, degrees: Any, interpolation: Any, center: Any, fill: Any) -> None:
        super().__init__()
        self.degrees = angles(degrees, "degrees")
        if center is not None:
            check_sequence(center, "center")
        if not (fill is None or is_number(fill) or isinstance(fill, Sequence)):
            raise TypeError("Fill should be either a sequence or a number.")
        self.center: Sequence[float] | None = center
        self.fill: Any = 0 if fill is None else fill
        self.interpolation = (
            MODES[interpolation] if isinstance(interpolation, int) else interpolation
        )


class RandomRotation(_Turning):
    """The image turned by a random angle: in degrees, a range or a number for both ways.

    Raises TypeError, ValueError for other arguments.
    Source: https://docs.pytorch.org/vision/stable/transforms.html
    """

    def __init__(
        self, degrees: Any, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False,
        center: Sequence[float] | None = None, fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__(degrees, interpolation, center, fill)
        self.expand = expand

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """The angle."""
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        """The image."""
        fill, angle = fill_for(img, self.fill), self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{self.__class__.__name__}(degrees={self.degrees}, interpolation="
            f"{self.interpolation.value}, expand={self.expand}{center}, fill={self.fill})"
        )


class RandomAffine(_Turning):
    """The image turned, moved by shares of its size, scaled and sheared, each at random.

    Raises TypeError, ValueError for other arguments.
    Source: https://docs.pytorch.org/vision/stable/transforms.html
    """

    def __init__(
        self, degrees: Any, translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None, shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST, fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(degrees, interpolation, center, fill)
        if translate is not None:
            check_sequence(translate, "translate")
            if not all(0.0 <= share <= 1.0 for share in translate):
                raise ValueError("translation values should be between 0 and 1")
        if scale is not None:
            check_sequence(scale, "scale")
            if not all(factor > 0 for factor in scale):
                raise ValueError("scale values should be positive")
        self.translate, self.scale = translate, scale
        self.shear = None if shear is None else angles(shear, "shear", (2, 4))

    @staticmethod
    def get_params(
        degrees: Sequence[float], translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None, shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:  # fmt: skip
        """Angle, pixels to move along x and y, scale, angles to shear along x and y."""
        angle = uniform(degrees[0], degrees[1])
        dx, dy = (
            round(uniform(-share * size, share * size)) if translate is not None else 0
            for share, size in zip(translate or (0, 0), img_size, strict=True)
        )
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        ranges = shears or ()
        shear_x, shear_y = (
            uniform(*ranges[k : k + 2]) if len(ranges) > k else 0.0 for k in (0, 2)
        )
        return angle, (dx, dy), scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        """The image."""
        chosen = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, F.get_image_size(img)
        )
        fill = fill_for(img, self.fill)
        return F.affine(img, *chosen, self.interpolation, fill, self.center)

    def __repr__(self) -> str:
        shown: list[tuple[str, Any]] = [("degrees", self.degrees)]
        shown += [
            (name, value)
            for name in ("translate", "scale", "shear")
            if (value := getattr(self, name)) is not None
        ]
        if self.interpolation is not InterpolationMode.NEAREST:
            shown.append(("interpolation", self.interpolation.value))
        if self.fill != 0:
            shown.append(("fill", self.fill))
        if self.center is not None:
            shown.append(("center", self.center))
        inside = ", ".join(f"{name}={value}" for name, value in shown)
        return f"{self.__class__.__name__}({inside})"
