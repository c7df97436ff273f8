"""Random choices, each from the default generator, and checks that several transforms share."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from tapegrad import empty, exp, rand, randint, tensor
from tapegrad.vision.transforms._images import is_number


def uniform(low: float, high: float) -> float:
    """A number between two."""
    return empty(1).uniform_(low, high).item()


def happens(p: float) -> bool:
    """True with probability ``p``."""
    return bool(rand(1) < p)


def rectangle(
    height: int, width: int, scale: Sequence[float], ratio: Sequence[float]
) -> tuple[float, float]:
    """Height and width of a random share of an area, in a random ratio of width to height."""
    logs = tensor(ratio).log().tolist()
    area = height * width * uniform(scale[0], scale[1])
    aspect = exp(empty(1).uniform_(logs[0], logs[1])).item()
    return round(math.sqrt(area / aspect)), round(math.sqrt(area * aspect))


def place(size: int, room: int) -> int:
    """Where a stretch of ``size`` begins in one of ``room``."""
    return int(randint(0, room - size + 1, size=(1,)).item())


def pair(size: Any, message: str) -> Any:
    """A size as height and width. Raises ValueError with that text for other lengths."""
    if is_number(size):
        return int(size), int(size)
    if isinstance(size, Sequence) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    return size


def angles(value: Any, name: str, lengths: Sequence[int] = (2,)) -> list[float]:
    """A range of angles; a number stands for that many degrees either way."""
    if is_number(value):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        value = [-value, value]
    else:
        check_sequence(value, name, lengths)
    return [float(degrees) for degrees in value]


def check_sequence(value: Any, name: str, lengths: Sequence[int] = (2,)) -> None:
    """Raise TypeError for what is no sequence, ValueError for one of another length."""
    wanted = " or ".join(map(str, lengths))
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length {wanted}.")
    if len(value) not in lengths:
        raise ValueError(f"{name} should be a sequence of length {wanted}.")


def check_scale_and_ratio(scale: Any, ratio: Any) -> None:
    """Raise TypeError unless both are sequences; warn if they are not in order."""
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)
