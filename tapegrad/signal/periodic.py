"""Windows of signals as ``torch`` itself has them: periodic unless told otherwise.

``periodic`` windows of N weights are the first N of the symmetric one of N + 1. The dtype is
floating-point, by default the default one. Source: Harris 1978, "On the use of windows".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import public
from tapegrad.ops._out import c_name
from tapegrad.ops.create import arange, full, ones
from tapegrad.ops.special.bessel import i0


def _window(name: str, formula: Callable[..., Tensor], doc: str) -> Callable[..., Tensor]:
    """A function of that name; its weights are a formula of positions, their last, and numbers."""

    def window(
        window_length: int,
        periodic: bool = True,
        *numbers: float,
        dtype: _types.dtype | None = None,
        layout: _types.layout | None = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        **named: float,
    ) -> Tensor:
        dtype = get_default_dtype() if dtype is None else dtype
        if not dtype.is_floating_point:
            raise RuntimeError(
                f"{name} expects floating point dtypes, got: TensorOptions(dtype={c_name(dtype)}, "
                "device=cpu, layout=Strided (default), requires_grad=false (default), "
                "pinned_memory=false, memory_format=(nullopt))"
            )
        if window_length < 0:
            raise RuntimeError(
                f"{name} requires non-negative window_length, got window_length={window_length}"
            )
        if pin_memory:
            raise RuntimeError(
                "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory "
                "allocator is available on this system."
            )
        made = {"dtype": dtype, "device": device}
        if window_length < 2:
            weights = ones((window_length,), **made)
        else:
            n = window_length + periodic
            weights = formula(arange(n, **made), n - 1, *numbers, **named)[:window_length]
        return weights.requires_grad_(requires_grad)

    window.__name__ = window.__qualname__ = name
    window.__doc__ = doc
    return public(name, window)


def _times(x: Tensor, factor: float) -> Tensor:
    """Multiply in place; unlike elsewhere, PyTorch rounds the factor of float16 first."""
    return x.mul_(full((), factor, dtype=x.dtype))


def _hamming(k: Tensor, last: int, alpha: float = 0.54, beta: float = 0.46) -> Tensor:
    return _times(_times(k, 2 * math.pi / last).cos_(), -beta).add_(alpha)


def _hann(k: Tensor, last: int) -> Tensor:
    return _hamming(k, last, 0.5, 0.5)


def _blackman(k: Tensor, last: int) -> Tensor:
    k = _times(k, math.pi / last)
    return _times(k.mul(4).cos_(), 0.08) - _times(k.mul(2).cos_(), 0.5) + 0.42


def _bartlett(k: Tensor, last: int) -> Tensor:
    return 1 - _times(k, 2 / last).sub_(1).abs_()


def _kaiser(k: Tensor, last: int, beta: float = 12.0) -> Tensor:
    x = (k.float() if k.dtype is _types.float16 else k).mul_(2 / last).sub_(1)
    weights = i0((1 - x * x).clamp_(0).sqrt_().mul_(beta)) / i0(full((), beta, dtype=x.dtype))
    return weights.to(k.dtype)


bartlett_window = _window(
    "bartlett_window", _bartlett, "A triangle from zero to zero: ``1 - |2 k / N - 1|``."
)
blackman_window = _window(
    "blackman_window", _blackman,
    "Two cosines: ``0.42 - 0.5 cos(2 pi k / N) + 0.08 cos(4 pi k / N)``.",
)  # fmt: skip
hamming_window = _window(
    "hamming_window", _hamming, "A raised cosine: ``alpha - beta cos(2 pi k / N)``."
)
hann_window = _window("hann_window", _hann, "A cosine from zero to zero: ``sin²(pi k / N)``.")
kaiser_window = _window(
    "kaiser_window", _kaiser, "Kaiser's: ``i0(beta sqrt(1 - (2 k / N - 1)²)) / i0(beta)``."
)

__all__ = [
    "bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window",
]  # fmt: skip
