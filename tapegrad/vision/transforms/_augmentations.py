"""The changes that automatic augmentation chooses among, and how strong they can be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tapegrad import Tensor, arange, linspace, randint
from tapegrad.vision.transforms import functional as F

# Strengths from the weakest on, none if there is but one; whether they go either way.
Space = dict[str, tuple[Tensor | None, bool]]
FACTORS = {
    "Brightness": F.adjust_brightness, "Color": F.adjust_saturation,
    "Contrast": F.adjust_contrast, "Sharpness": F.adjust_sharpness,
}  # fmt: skip
TONES = {"AutoContrast": F.autocontrast, "Equalize": F.equalize, "Invert": F.invert}


def space(
    n: int, shear: float, reach: tuple[float, float], turn: float, factor: float,
    bits: tuple[int, int],
) -> Space:  # fmt: skip
    """All changes but the inversion, each in ``n`` strengths.

    The strongest shear by ``shear``, move by ``reach`` pixels along x and y, turn by ``turn``
    degrees, and add ``factor`` to brightness and its kin. ``bits`` are those that the weakest
    posterisation leaves, and how many fewer the strongest does.
    """
    signed = {
        "ShearX": shear, "ShearY": shear, "TranslateX": reach[0], "TranslateY": reach[1],
        "Rotate": turn, **dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), factor),
    }  # fmt: skip
    found: Space = {name: (linspace(0.0, most, n), True) for name, most in signed.items()}
    most_bits, fewer = bits
    found["Posterize"] = (most_bits - (arange(n) / ((n - 1) / fewer)).round().int(), False)
    found["Solarize"] = (linspace(255.0, 0.0, n), False)
    return found | {"AutoContrast": (None, False), "Equalize": (None, False)}


def drawn(among: Space, choose: Callable[[int], Any]) -> tuple[str, float]:
    """One of the changes, and its strength, whose number of so many is chosen."""
    name = list(among)[int(randint(len(among), (1,)).item())]
    strengths, goes_either_way = among[name]
    strength = 0.0 if strengths is None else float(strengths[choose(len(strengths))].item())
    return name, -strength if goes_either_way and randint(2, (1,)) else strength


def applied(img: Any, name: str, strength: float, interpolation: Any, fill: Any) -> Any:
    """The image after a change of that name. Raises ValueError for an unknown one."""
    if name in FACTORS:
        return FACTORS[name](img, 1.0 + strength)
    if name in TONES:
        return TONES[name](img)
    if name == "Identity":
        return img
    if name == "Posterize":
        return F.posterize(img, int(strength))
    if name == "Solarize":
        return F.solarize(img, strength)
    if name == "Rotate":
        return F.rotate(img, strength, interpolation, fill=fill)
    kind, axis = name[:-1], "XY".find(name[-1])
    if kind == "Shear":
        slope = _along(axis, math.degrees(math.atan(strength)))
        return F.affine(img, 0.0, [0, 0], 1.0, slope, interpolation, fill, center=[0, 0])
    if kind == "Translate":
        return F.affine(img, 0.0, _along(axis, int(strength)), 1.0, [0.0, 0.0], interpolation, fill)
    raise ValueError(f"The provided operator {name} is not recognized.")


def _along(axis: int, value: Any) -> list[Any]:
    return [value, 0] if axis == 0 else [0, value]
