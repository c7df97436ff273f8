"""Windows: weights that fade a stretch of a signal in and out.

Each function gives ``M`` weights, symmetric or, with ``sym=False``, the first ``M`` of a symmetric
window that is longer by one, as periodic signals want them. Results are float32 or float64 and,
with ``requires_grad``, differentiable in their places, as PyTorch's. All raise ValueError for a
negative length, another dtype or layout. Source: Harris 1978, "On the use of windows".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops.create import empty, linspace, ones, tensor
from tapegrad.ops.special.bessel import i0


def _window(function: Callable) -> Callable:
    """Check the options that all windows share; the shortest windows need no formula."""
    name, code = function.__name__, function.__code__
    own = {*code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]}

    def checked(
        M: int,  # noqa: N803 - PyTorch's name
        *,
        sym: bool = True,
        dtype: _types.dtype | None = None,
        layout: _types.layout = _types.strided,
        device: Any = None,
        requires_grad: bool = False,
        **options: Any,
    ) -> Tensor:
        for key in options.keys() - own if options else ():
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
        dtype = get_default_dtype() if dtype is None else dtype
        if M < 0:
            raise ValueError(f"{name} requires non-negative window length, got M={M}")
        if layout is not _types.strided:
            raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
        if dtype not in (_types.float32, _types.float64):
            raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
        made = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
        if M == 0:
            return empty((0,), **made)
        return function(M, sym, made, **options)

    checked.__name__ = checked.__qualname__ = name
    checked.__doc__ = function.__doc__
    return checked


def _steps(n: int, sym: bool) -> int:
    """How many steps lie between the window's ends."""
    return n if not sym and n > 1 else n - 1


@_window
def general_cosine(M: int, sym: bool, made: dict, *, a: Sequence[float]) -> Tensor:  # noqa: N803
    """Sum of cosines: ``sum of (-1)**i * a[i] * cos(2 * pi * i * k / (M - 1))``.

    ``general_cosine(M, *, a, sym=True, dtype=None, layout=..., device=None, requires_grad=False)``
    """
    if M == 1:
        return ones((1,), **made)
    if not isinstance(a, (list, tuple)):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    step = 2 * math.pi / _steps(M, sym)
    k = linspace(0, (M - 1) * step, steps=M, **made)
    fixed = {"dtype": made["dtype"]}
    signed = tensor([(-1) ** i * weight for i, weight in enumerate(a)], **fixed)
    orders = tensor([float(i) for i in range(len(a))], **fixed)
    return (signed.unsqueeze(-1) * (orders.unsqueeze(-1) * k).cos()).sum(0)


def general_hamming(M: int, *, alpha: float = 0.54, **options: Any) -> Tensor:  # noqa: N803
    """A raised cosine: ``alpha - (1 - alpha) * cos(2 * pi * k / (M - 1))``.

    Takes the options of :func:`general_cosine` but ``a``.
    """
    return general_cosine(M, a=[alpha, 1.0 - alpha], **options)


def hamming(M: int, **options: Any) -> Tensor:  # noqa: N803
    """The raised cosine of least first side lobe: :func:`general_hamming` with 0.54."""
    return general_hamming(M, **options)


def hann(M: int, **options: Any) -> Tensor:  # noqa: N803
    """The raised cosine that begins at zero: :func:`general_hamming` with 0.5."""
    return general_hamming(M, alpha=0.5, **options)


@_window
def blackman(M: int, sym: bool, made: dict) -> Tensor:  # noqa: N803
    """Three cosines: :func:`general_cosine` with 0.42, 0.5 and 0.08."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **made)


def nuttall(M: int, **options: Any) -> Tensor:  # noqa: N803
    """Four cosines of least side lobes: :func:`general_cosine` with Nuttall's weights."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], **options)


@_window
def bartlett(M: int, sym: bool, made: dict) -> Tensor:  # noqa: N803
    """A triangle that begins at zero: ``1 - |2 * k / (M - 1) - 1|``."""
    if M == 1:
        return ones((1,), **made)
    step = 2 / _steps(M, sym)
    return 1 - linspace(-1, -1 + (M - 1) * step, steps=M, **made).abs()


@_window
def cosine(M: int, sym: bool, made: dict) -> Tensor:  # noqa: N803
    """Half a wave: ``sin(pi * (k + 0.5) / M)``."""
    step = math.pi / (M if sym or M == 1 else M + 1)
    return linspace(0.5 * step, (0.5 + M - 1) * step, steps=M, **made).sin()


@_window
def exponential(
    M: int, sym: bool, made: dict, *, center: float | None = None, tau: float = 1.0  # noqa: N803
) -> Tensor:
    """A decay to both sides: ``exp(-|k - center| / tau)``.

    ``center`` is the middle unless ``sym`` is False. Raises ValueError for a decay of no time.
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if center is None:
        center = _steps(M, sym) / 2.0
    return (-linspace(-center / tau, (-center + M - 1) / tau, steps=M, **made).abs()).exp()


@_window
def gaussian(M: int, sym: bool, made: dict, *, std: float = 1.0) -> Tensor:  # noqa: N803
    """A bell: ``exp(-(k - center)² / (2 * std²))``. Raises ValueError unless ``std > 0``."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    start, scale = -_steps(M, sym) / 2.0, 1 / (std * math.sqrt(2))
    k = linspace(start * scale, (start + (M - 1)) * scale, steps=M, **made)
    return (-(k**2)).exp()


@_window
def kaiser(M: int, sym: bool, made: dict, *, beta: float = 12.0) -> Tensor:  # noqa: N803
    """Kaiser's: ``i0(beta * sqrt(1 - (2 * k / (M - 1) - 1)²)) / i0(beta)``.

    Raises ValueError for a negative ``beta``.
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M == 1:
        return ones((1,), **made)
    # In the window's dtype, so that the root at its ends is that of zero and not of less.
    end = tensor(beta, dtype=made["dtype"])
    last = end.minimum(-end + (M - 1) * (2.0 * end / _steps(M, sym)))
    k = linspace(-end.item(), last.item(), steps=M, **made)
    return i0((end * end - k**2).sqrt()) / i0(end)


__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]  # fmt: skip
