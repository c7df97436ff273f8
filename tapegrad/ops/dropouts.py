"""Random zeros: of elements or whole channels, and those that keep a normal distribution."""

from __future__ import annotations

import math

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops._arguments import float_of
from tapegrad.ops.generators import default_generator

# The value to which SELU tends on the left, negated. Source: Klambauer et al. 2017.
_SELU_FLOOR = 1.7580993408473766


def _dropped(name: str, features: bool, alpha: bool, doc: str):
    def drop(input: Tensor, p: float, training: bool, inplace: bool = False) -> Tensor:
        if not 0 <= p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
        if type(p) is not float:
            p = float_of(name, "p", p, 2)
        if p == 0 or training is not True or input.numel() == 0:
            if not isinstance(training, bool):
                raise TypeError(f"{name}(): argument 'train' (position 3) must be bool, not "
                                f"{kind_of(training)}")
            return input
        if p == 1:
            zero = Tensor._wrap(kernels.fill(kernels.empty((), input.dtype.numpy), 0))
            return input.mul_(zero) if inplace else input * zero
        noise = _feature_noise(input, p) if features else _kept(input, p)
        scale, shift = _alpha_map(noise, p) if alpha else (noise.div_(1 - p), None)
        result = input.mul_(scale) if inplace else input * scale
        return result if shift is None else result.add_(shift)

    drop.__name__ = drop.__qualname__ = name
    drop.__doc__ = doc
    return drop


def _kept(like: Tensor, p: float) -> Tensor:
    """1 where an element stays, 0 where it is dropped."""
    mask = kernels.empty_like(like._array)
    return Tensor._wrap(default_generator.draw("bernoulli", mask, (1.0 - p,)))


def _feature_noise(input: Tensor, p: float) -> Tensor:
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shape = (*input.shape[:2], *(1,) * (input.ndim - 2))
    return _kept(Tensor._wrap(kernels.empty(shape, input.dtype.numpy)), p)


def _alpha_map(noise: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """A factor and a summand for each element, which keep mean 0 and variance 1."""
    a = 1 / math.sqrt((_SELU_FLOOR * _SELU_FLOOR * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(_SELU_FLOOR * a).add_(_SELU_FLOOR * a * p)
    return noise.mul_(a), shift


dropout = _dropped(
    "dropout", False, False,
    "Each element set to 0 with probability ``p``, the others scaled by ``1 / (1 - p)``.",
)  # fmt: skip
feature_dropout = _dropped(
    "feature_dropout", True, False, "``dropout`` of whole channels, the second dimension."
)
alpha_dropout = _dropped(
    "alpha_dropout", False, True,
    "Elements set to SELU's lowest value, and all rescaled to mean 0 and variance 1.",
)  # fmt: skip
feature_alpha_dropout = _dropped(
    "feature_alpha_dropout", True, True, "``alpha_dropout`` of whole channels."
)
