"""Images to tensors and back, and transforms made of others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import Tensor, dtype, rand
from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F


def _listed(name: str, *lines: object) -> str:
    return f"{name}({''.join(f'{chr(10)}    {line}' for line in lines)}\n)"


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The picture after all of them."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, *self.transforms)


class RandomApply(Module):
    """All transforms of a list with probability ``p``, else none."""

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p

    def forward(self, img: Any) -> Any:
        """The picture, after all of them or as it was."""
        if self.p < rand(1):
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, f"p={self.p}", *self.transforms)


class RandomTransforms:
    """Base class of those that choose among a list, by Python's ``random``. Else: TypeError."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the subclass does with the picture."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, *self.transforms)


class RandomOrder(RandomTransforms):
    """All transforms of a list, in random order."""

    def __call__(self, img: Any) -> Any:
        """The picture after all of them."""
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for k in order:
            img = self.transforms[k](img)
        return img


class RandomChoice(RandomTransforms):
    """One transform of a list, with the weights ``p``, a sequence, else TypeError."""

    def __init__(self, transforms: Sequence[Callable], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        """The picture after one of them."""
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"


class ToTensor:
    """A picture or an array as a tensor ``(channels, height, width)``, bytes scaled to [0, 1]."""

    def __call__(self, pic: Any) -> Tensor:
        """The tensor."""
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


class PILToTensor:
    """A ``PIL.Image`` as a tensor ``(channels, height, width)`` of the same values."""

    def __call__(self, pic: Any) -> Tensor:
        """The tensor."""
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


class ToPILImage:
    """A tensor or an array as a ``PIL.Image`` of a mode, or of that which its channels suggest."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """The picture."""
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        mode = "" if self.mode is None else f"mode={self.mode}"
        return f"{self.__class__.__name__}({mode})"


class ConvertImageDtype(Module):
    """A tensor in another dtype, its values scaled to that one's range; [0, 1] of floats."""

    def __init__(self, dtype: dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Tensor) -> Tensor:
        """The tensor."""
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """``(x - mean) / std``, channel by channel. Shape: ``(..., channels, height, width)``."""

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], inplace: bool = False
    ) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Tensor) -> Tensor:
        """The normalised picture."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(mean={self.mean}, std={self.std})"


class LinearTransformation(Module):
    """``(x - mean) W`` of the values of a tensor in a row, as for whitening.

    Shape: ``(..., channels, height, width)`` to the same. Raises ValueError unless the matrix is
    square, of as many rows as the vector and the tensor have values, and of one dtype with it.
    """

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        size = tuple(transformation_matrix.size())
        if size[0] != size[1]:
            raise ValueError(
                f"transformation_matrix should be square. Got {size} rectangular matrix."
            )
        if mean_vector.size(0) != size[0]:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.size(0)} as any one of the "
                f"dimensions of the transformation_matrix [{size}]"
            )
        if transformation_matrix.dtype is not mean_vector.dtype:
            raise ValueError(
                "Input tensors should have the same dtype. Got "
                f"{transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix, self.mean_vector = transformation_matrix, mean_vector

    def forward(self, tensor: Tensor) -> Tensor:
        """The tensor."""
        c, h, w = tensor.shape[-3:]
        if c * h * w != len(self.transformation_matrix):
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{c} x {h} x {w}] != {len(self.transformation_matrix)}"
            )
        flat = tensor.view(-1, c * h * w) - self.mean_vector
        return (flat @ self.transformation_matrix.to(flat.dtype)).view(tensor.shape)

    def __repr__(self) -> str:
        matrix, mean = self.transformation_matrix.tolist(), self.mean_vector.tolist()
        return f"{self.__class__.__name__}(transformation_matrix={matrix}, mean_vector={mean})"


class Lambda:
    """Any function of a picture. Raises TypeError unless it can be called."""

    def __init__(self, lambd: Callable) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """What the function gives."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"
