"""Windows: weights that fade a stretch of a signal in and out.

Each function gives ``M`` weights, symmetric or, with ``sym=False``, the first ``M`` of a symmetric
window that is longer by one, as periodic signals want them. Results are float32 or float64 and,
with ``requires_grad``, differentiable in their places, as PyTorch's. All raise ValueError for a
negative length, another dtype or layout. Source: Harris 1978, "On the use of windows".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops.create import arange, empty, linspace, ones, tensor
from tapegrad.ops.special.bessel import i0


def _checked(
    name: str, M: int, dtype: _types.dtype | None, layout: _types.layout,
    device: Any, requires_grad: bool,
) -> dict[str, Any]:  # fmt: skip
    """Check what all windows share; give the options of the tensors that they make."""
    dtype = get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not _types.strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (_types.float32, _types.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}


def _steps(n: int, sym: bool) -> int:
    """How many steps lie between the window's ends."""
    return n if not sym and n > 1 else n - 1


def _shortest(n: int, made: dict[str, Any]) -> Tensor:
    """The window without weights, or of a single one."""
    return empty((0,), **made) if n == 0 else ones((1,), **made)


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Sum of cosines: ``sum of (-1)**i * a[i] * cos(2 * pi * i * k / (M - 1))``."""
    made = _checked("general_cosine", M, dtype, layout, device, requires_grad)
    if M in (0, 1):
        return _shortest(M, made)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    step = 2 * math.pi / _steps(M, sym)
    k = linspace(start=0, end=(M - 1) * step, steps=M, **made)
    signed = tensor([(-1) ** i * weight for i, weight in enumerate(a)], dtype=made["dtype"])
    orders = arange(signed.shape[0], dtype=made["dtype"])
    return (signed.unsqueeze(-1) * (orders.unsqueeze(-1) * k).cos()).sum(0)


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A raised cosine: ``alpha - (1 - alpha) * cos(2 * pi * k / (M - 1))``."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)


def hamming(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The raised cosine of least first side lobe: :func:`general_hamming` with 0.54."""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)


def hann(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The raised cosine that begins at zero: :func:`general_hamming` with 0.5."""
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)


def blackman(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Three cosines: :func:`general_cosine` with 0.42, 0.5 and 0.08."""
    made = _checked("blackman", M, dtype, layout, device, requires_grad)
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **made)


def nuttall(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Four cosines of least side lobes: :func:`general_cosine` with Nuttall's weights."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype,
                          layout=layout, device=device, requires_grad=requires_grad)


def bartlett(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A triangle that begins at zero: ``1 - |2 * k / (M - 1) - 1|``."""
    made = _checked("bartlett", M, dtype, layout, device, requires_grad)
    if M in (0, 1):
        return _shortest(M, made)
    step = 2 / _steps(M, sym)
    return 1 - linspace(start=-1, end=-1 + (M - 1) * step, steps=M, **made).abs()


def cosine(
    M: int, *, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Half a wave: ``sin(pi * (k + 0.5) / M)``."""
    made = _checked("cosine", M, dtype, layout, device, requires_grad)
    if M == 0:
        return empty((0,), **made)
    step = math.pi / (M + 1 if not sym and M > 1 else M)
    return linspace(start=0.5 * step, end=(0.5 + (M - 1)) * step, steps=M, **made).sin()


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True,
    dtype: _types.dtype | None = None, layout: _types.layout = _types.strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A decay to both sides: ``exp(-|k - center| / tau)``.

    ``center`` is the middle unless ``sym`` is False. Raises ValueError for a decay of no time.
    """
    made = _checked("exponential", M, dtype, layout, device, requires_grad)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if M == 0:
        return empty((0,), **made)
    if center is None:
        center = _steps(M, sym) / 2.0
    step = 1 / tau
    k = linspace(start=-center * step, end=(-center + (M - 1)) * step, steps=M, **made)
    return (-k.abs()).exp()


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A bell: ``exp(-(k - center)² / (2 * std²))``. Raises ValueError unless ``std > 0``."""
    made = _checked("gaussian", M, dtype, layout, device, requires_grad)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    if M == 0:
        return empty((0,), **made)
    start, scale = -_steps(M, sym) / 2.0, 1 / (std * math.sqrt(2))
    k = linspace(start=start * scale, end=(start + (M - 1)) * scale, steps=M, **made)
    return (-(k**2)).exp()


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: _types.dtype | None = None,
    layout: _types.layout = _types.strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Kaiser's: ``i0(beta * sqrt(1 - (2 * k / (M - 1) - 1)²)) / i0(beta)``.

    Raises ValueError for a negative ``beta``.
    """
    made = _checked("kaiser", M, dtype, layout, device, requires_grad)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M in (0, 1):
        return _shortest(M, made)
    # In the window's dtype, so that the root at its ends is that of zero and not of less.
    end = tensor(beta, dtype=made["dtype"])
    last = end.minimum(-end + (M - 1) * (2.0 * end / _steps(M, sym)))
    k = linspace(start=-end, end=last, steps=M, **made)
    return i0((end * end - k**2).sqrt()) / i0(end)


__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]  # fmt: skip
