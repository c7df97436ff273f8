"""Frequencies of Fourier transforms, and their order.

The transforms themselves give or take complex tensors, which there are none of here: they can be
imported, and raise NotImplementedError when called.
"""

from __future__ import annotations

from typing import Any

from tapegrad._absent import refusal
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad._types import dtype as _dtype
from tapegrad._types import strided
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops._dims import normal_dims
from tapegrad.ops.create import arange
from tapegrad.ops.shape import cat
from tapegrad.ops.shape.arranging import roll

_transform = refusal(
    NotImplementedError, "tapegrad has no complex tensors, which Fourier transforms give or take"
)
fft = ifft = fft2 = ifft2 = fftn = ifftn = _transform
rfft = irfft = rfft2 = irfft2 = rfftn = irfftn = hfft = ihfft = _transform
hfft2 = ihfft2 = hfftn = ihfftn = _transform


def fftfreq(
    n: int, d: float = 1.0, *, dtype: _dtype | None = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The frequency of each term of a transform of ``n`` samples ``d`` apart.

    ``0, 1, ..., -2, -1``, over ``n * d``: those from zero first, then the negative ones.
    """
    options = {"dtype": dtype or get_default_dtype(), "device": device}
    steps = cat((arange((n + 1) // 2, **options), arange(-(n // 2), 0, **options)))
    return (steps * (1 / (n * d))).requires_grad_(requires_grad)


def rfftfreq(
    n: int, d: float = 1.0, *, dtype: _dtype | None = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The frequencies of :func:`fftfreq` that are not negative, and the middle one."""
    steps = arange(n // 2 + 1, dtype=dtype or get_default_dtype(), device=device)
    return (steps * (1 / (n * d))).requires_grad_(requires_grad)


def _turned(input: Tensor, dim: Any, extra: int) -> Tensor:
    """Rolled by half of each dimension, or of all."""
    dims = tuple(range(input.ndim)) if dim is None else normal_dims(dim, input.ndim)
    return roll(input, tuple((input.shape[one] + extra) // 2 for one in dims), dims)


@takes_tensors
def fft_fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Negative frequencies first: each dimension, or ``dim``, moved on by half of its size."""
    return _turned(input, dim, 0)


@takes_tensors
def fft_ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """What :func:`fftshift` did undone."""
    return _turned(input, dim, 1)


fftshift, ifftshift = fft_fftshift, fft_ifftshift     # by which names their messages call them


__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2",
    "ifftn", "ifftshift", "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft",
    "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip
