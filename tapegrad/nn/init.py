"""First values of parameters. Every function fills its tensor in place, outside the tape, and
returns it.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor

_LINEAR = (
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
)
_GAINS = {
    **dict.fromkeys((*_LINEAR, "sigmoid"), 1),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor by which weights before ``nonlinearity`` are scaled; ``param`` is leaky ReLU's
    slope.
    """
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        if isinstance(param, bool) or not isinstance(param, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + param**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draw from the uniform distribution on ``[a, b)``."""
    with tapegrad.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draw from the normal distribution."""
    with tapegrad.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Draw from the normal distribution cut off at ``a`` and ``b``, by rejection."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    low, high = (math.erf((bound - mean) / std / math.sqrt(2.0)) / 2 for bound in (a, b))
    with tapegrad.no_grad():
        redraw = _redraw_outside if high - low > 0.3 else _redraw_improbable
        return redraw(tensor, mean, std, a, b, generator)


def _redraw_outside(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> Tensor:
    """Draw from the normal distribution until all is within the bounds, of which much of it is."""
    a, b = (tapegrad.tensor(bound, dtype=tensor.dtype).item() for bound in (a, b))
    tensor.normal_(mean, std, generator=generator)
    while (is_outside := (tensor < a) | (tensor > b)).any():
        drawn = tapegrad.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(tapegrad.where(is_outside, drawn, tensor))
    return tensor


def _redraw_improbable(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> Tensor:
    """Draw evenly within the bounds until each value is accepted, with its density over the
    highest.
    """
    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2

    def is_improbable(x: Tensor) -> Tensor:
        log_density = ((x - mean) / std) ** 2 * -0.5 - log_peak
        return tapegrad.empty_like(x).uniform_(generator=generator).log() > log_density

    tensor.uniform_(a, b, generator=generator)
    is_rejected = is_improbable(tensor)
    while is_rejected.any():
        drawn = tapegrad.empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.copy_(tapegrad.where(is_rejected, drawn, tensor))
        is_rejected = is_rejected & is_improbable(drawn)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with ``val``."""
    with tapegrad.no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    with tapegrad.no_grad():
        return tensor.zero_()


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, as far as its shape allows."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with tapegrad.no_grad():
        return tensor.copy_(tapegrad.eye(*tensor.shape, dtype=tensor.dtype))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution's weight the identity on as many channels as possible, in each of its
    groups.
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    n_out, n_in, *kernel = tensor.shape
    if n_out % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    n_per_group = n_out // groups
    centre = tuple(size // 2 for size in kernel)
    with tapegrad.no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(n_per_group, n_in)):
                tensor[(group * n_per_group + channel, channel, *centre)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs reach an output, and outputs an input, of a weight ``(out, in, *kernel)``."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    n_out, n_in, *kernel = tensor.shape
    return n_in * math.prod(kernel), n_out * math.prod(kernel)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    modes = ["fan_in", "fan_out"]
    if mode not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode)]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in ``±gain · sqrt(6 / (fan_in + fan_out))``. Source: Glorot and Bengio 2010."""
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with ``std = gain · sqrt(2 / (fan_in + fan_out))``. Source: Glorot and Bengio 2010."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform in ``±gain · sqrt(3 / fan)``, with the gain of ``nonlinearity``. Source: He et al.
    2015.
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with ``std = gain / sqrt(fan)``, with the gain of ``nonlinearity``. Source: He et
    al. 2015.
    """
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _is_empty(tensor: Tensor) -> bool:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return True
    return False


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A matrix with orthogonal rows or columns, drawn evenly; later dimensions are joined to the
    second.

    Source: Saxe, McClelland and Ganguli 2013.
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    n_rows = tensor.shape[0]
    drawn = tapegrad.empty((n_rows, tensor.numel() // n_rows), dtype=tensor.dtype)
    matrix = normal_(drawn, 0, 1, generator).numpy()
    is_wide = matrix.shape[0] < matrix.shape[1]
    q, r = np.linalg.qr(matrix.T if is_wide else matrix)
    q = q * np.sign(np.diag(r))  # without this the draw would not be even
    q = np.ascontiguousarray(q.T if is_wide else q)
    with tapegrad.no_grad():
        return tensor.copy_(tapegrad.from_numpy(q).reshape(tensor.shape)).mul_(gain)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal with a fraction ``sparsity`` of each column set to zero. Source: Martens 2010."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    n_rows, n_columns = tensor.shape
    n_zeros = math.ceil(sparsity * n_rows)
    with tapegrad.no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(n_columns):
            tensor[tapegrad.randperm(n_rows)[:n_zeros], column] = 0
    return tensor


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``function`` under its old name, which had no underscore at the end."""
    new = function.__name__
    old = new.removesuffix("_")

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    renamed.__name__ = old
    return renamed


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
