"""Changes of images chosen at random among all, for training without choosing them by hand."""

from __future__ import annotations

from enum import Enum
from typing import Any

from tapegrad import Tensor, rand, randint
from tapegrad.nn import Module
from tapegrad.vision.transforms import _policies
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._augmentations import Space, applied, drawn, space
from tapegrad.vision.transforms._images import InterpolationMode, fill_for
from tapegrad.vision.transforms.augmix import AugMix


class AutoAugmentPolicy(Enum):
    """The data sets that the pairs of :class:`AutoAugment` were found on."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


class AutoAugment(Module):
    """One of 25 pairs of changes, each of which happens with its probability.

    Tensors must be bytes of 1 or 3 channels; ``fill`` is what comes in at the edges. Raises
    ValueError for an unknown policy. Source: Cubuk et al. 2019.
    """

    def __init__(
        self, policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: Any = InterpolationMode.NEAREST, fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(policy, AutoAugmentPolicy):
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self.policy, self.interpolation, self.fill = policy, interpolation, fill
        self.policies = getattr(_policies, policy.name)

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, Tensor, Tensor]:
        """The number of the pair, two numbers from 0 to 1, and two signs, of which 0 is minus."""
        return int(randint(transform_num, (1,)).item()), rand((2,)), randint(2, (2,))

    def forward(self, img: Any) -> Any:
        """The image."""
        fill, (_, height, width) = fill_for(img, self.fill), F.get_dimensions(img)
        number, chances, signs = self.get_params(len(self.policies))
        among = _moderate(10, height, width)
        pair = zip(self.policies[number], chances.tolist(), signs.tolist(), strict=True)
        for (name, p, k), chance, sign in pair:
            if chance <= p:
                strengths, goes_either_way = among.get(name, (None, False))
                strength = 0.0 if strengths is None or k is None else float(strengths[k].item())
                strength = -strength if goes_either_way and sign == 0 else strength
                img = applied(img, name, strength, self.interpolation, fill)
        return img

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(policy={self.policy}, fill={self.fill})"


def _moderate(n: int, height: int, width: int) -> Space:
    share = 150.0 / 331.0
    return space(n, 0.3, (share * width, share * height), 30.0, 0.9, bits=(8, 4))


class RandAugment(Module):
    """``num_ops`` changes in a row, each of strength number ``magnitude``.

    Images and ``fill`` are those of :class:`AutoAugment`. Source: Cubuk et al. 2020.
    """

    def __init__(
        self, num_ops: int = 2, magnitude: int = 9, num_magnitude_bins: int = 31,
        interpolation: Any = InterpolationMode.NEAREST, fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_ops, self.magnitude = num_ops, magnitude
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation, self.fill = interpolation, fill

    def forward(self, img: Any) -> Any:
        """The image."""
        fill, (_, height, width) = fill_for(img, self.fill), F.get_dimensions(img)
        among: Space = {"Identity": (None, False)}
        among |= _moderate(self.num_magnitude_bins, height, width)
        for _ in range(self.num_ops):
            change = drawn(among, lambda n: self.magnitude)
            img = applied(img, *change, self.interpolation, fill)
        return img

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(num_ops={self.num_ops}, magnitude={self.magnitude}, "
            f"num_magnitude_bins={self.num_magnitude_bins}, interpolation={self.interpolation}, "
            f"fill={self.fill})"
        )


class TrivialAugmentWide(Module):
    """One change, of any strength from none to extreme.

    Images and ``fill`` are those of :class:`AutoAugment`. Source: Müller and Hutter 2021.
    """

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation, self.fill = interpolation, fill

    def forward(self, img: Any) -> Any:
        """The image."""
        fill = fill_for(img, self.fill)
        among: Space = {"Identity": (None, False)}
        among |= space(self.num_magnitude_bins, 0.99, (32.0, 32.0), 135.0, 0.99, bits=(8, 6))
        change = drawn(among, lambda n: randint(n, (1,)))
        return applied(img, *change, self.interpolation, fill)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(num_magnitude_bins={self.num_magnitude_bins}, "
            f"interpolation={self.interpolation}, fill={self.fill})"
        )


__all__ = ["AugMix", "AutoAugment", "AutoAugmentPolicy", "RandAugment", "TrivialAugmentWide"]
