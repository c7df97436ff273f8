"""What each op means, in NumPy and double precision: called with the samples of a case."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x: Any) -> Any:
    """One over one plus exp(-x)."""
    return 1 / (1 + np.exp(-x))


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow; where x is above 20 PyTorch takes x itself."""
    return np.where(x > 20, x, np.logaddexp(0, x))


def prelu(x: Any, weight: Any) -> Any:
    """One slope for all negative elements, or one for each channel."""
    slope = weight.reshape(-1, *[1] * (x.ndim - 2))
    return np.where(x > 0, x, slope * x)


def log_softmax(x: Any, dim: int) -> Any:
    """Subtract the logarithm of the sum of exponentials."""
    shifted = x - x.max(dim, keepdims=True) if x.size else x
    return shifted - np.log(np.exp(shifted).sum(dim, keepdims=True))


def reduced(losses: Any, reduction: str = "mean", weight: Any = 1.0) -> Any:
    """Sum, weighted mean, or each loss."""
    if reduction == "none":
        return losses
    total = losses.sum()
    return total / np.broadcast_to(weight, losses.shape).sum() if reduction == "mean" else total


def nll_loss(x: Any, target: Any, weight: Any = None, reduction: str = "mean",
             ignore_index: int = -100) -> Any:
    """Minus the value at each place's class, weighted by class."""
    values = np.moveaxis(x, 1, -1) if x.ndim > 1 else x
    chosen = np.take_along_axis(values, np.expand_dims(target, -1), -1)[..., 0]
    weight = np.ones(values.shape[-1]) if weight is None else weight
    counted = weight[target] * (target != ignore_index)
    return reduced(-chosen * counted, reduction, counted)


def cross_entropy(x: Any, target: Any, label_smoothing: float = 0.0) -> Any:
    """Classes as one-hot rows, smoothed, against log-probabilities."""
    rows = np.eye(x.shape[1])[target] if target.dtype.kind == "i" else target
    rows = rows * (1 - label_smoothing) + label_smoothing / x.shape[1]
    return -(rows * log_softmax(x, 1)).sum(1).mean()


def binary_cross_entropy(p: Any, y: Any) -> Any:
    """Minus the mean log-probability of the labels."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def binary_cross_entropy_with_logits(x: Any, y: Any, reduction: str = "mean",
                                     pos_weight: Any = None) -> Any:
    """The same from logits."""
    return reduced(np.logaddexp(0, x) - x * y, reduction)


def huber(error: Any, delta: float) -> Any:
    """A parabola near zero, straight lines beyond."""
    size = np.abs(error)
    return np.where(size < delta, 0.5 * size**2, delta * (size - 0.5 * delta))


def layer_norm(x: Any, shape: tuple, weight: Any = 1.0, bias: Any = 0.0, eps: float = 1e-5) -> Any:
    """Zero mean and unit variance over the last dimensions."""
    dims = tuple(range(-len(shape), 0))
    centred = x - x.mean(dims, keepdims=True)
    return centred / np.sqrt(x.var(dims, keepdims=True) + eps) * weight + bias


def batch_norm(x: Any, mean: Any, var: Any, weight: Any = None, bias: Any = None,
               training: bool = False, eps: float = 1e-5) -> Any:
    """Zero mean and unit variance of each channel."""
    dims, shape = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    mean, var = (x.mean(dims), x.var(dims)) if training else (mean, var)
    out = (x - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + eps)
    return out if weight is None else out * weight.reshape(shape) + bias.reshape(shape)


def p_norm(x: Any, p: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    """The p-th root of the sum of p-th powers, and its limits."""
    size = np.abs(x)
    if p == 0:
        return (size != 0).sum(dim, keepdims=keepdim)
    if np.isinf(p):
        return size.max(dim, keepdims=keepdim)
    return (size ** p).sum(dim, keepdims=keepdim) ** (1 / p)


def extreme(function: Callable) -> Callable:
    """A reduction that takes dim and keepdim."""
    return lambda x, dim=None, keepdim=False: function(x, axis=dim, keepdims=keepdim)


def running(function: np.ufunc) -> Callable:
    """What a function of two has made of all elements up to each one."""
    return lambda x, dim: function.accumulate(x, dim) if x.ndim else x


def index_put(x: Any, values: Any, at: Any, accumulate: bool) -> Any:
    """Write or add values at places."""
    out = x.copy()
    if accumulate:
        np.add.at(out, at, values)
    else:
        out[at] = values
    return out


def split(x: Any, sizes: Any, dim: int = 0) -> Any:
    """Cut into parts of a size or of given sizes."""
    steps = [sizes] * (x.shape[dim] // sizes) if isinstance(sizes, int) else sizes
    return [part for part in np.split(x, np.cumsum(steps), dim) if part.shape[dim]]


REFERENCES: dict[str, Callable] = {
    "add": lambda a, b, alpha=1: a + alpha * b,
    "sub": lambda a, b, alpha=1: a - alpha * b,
    "mul": np.multiply, "div": np.true_divide, "pow": np.power,
    "maximum": np.maximum, "minimum": np.minimum,
    "neg": np.negative, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh,
    "sigmoid": sigmoid, "relu": lambda x: np.maximum(x, 0), "abs": np.abs, "sin": np.sin,
    "cos": np.cos, "erf": erf, "clamp": lambda x, min=None, max=None: np.clip(x, min, max),
    "gelu": lambda x: x * 0.5 * (1 + erf(x / math.sqrt(2))), "silu": lambda x: x * sigmoid(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)), "softplus": softplus,
    "reciprocal": np.reciprocal, "square": np.square, "rsqrt": lambda x: 1 / np.sqrt(x),
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "expm1": np.expm1, "tan": np.tan,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "floor": np.floor, "ceil": np.ceil,
    "sign": lambda x: np.nan_to_num(np.sign(x), posinf=1, neginf=-1), "round": np.rint,
    "trunc": np.trunc, "isnan": np.isnan, "rsub": lambda x, number, alpha=1: number - alpha * x,
    "remainder": np.remainder, "fmod": np.fmod, "floor_divide": np.floor_divide,
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x, negative_slope: np.where(x > 0, x, negative_slope * x),
    "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "mish": lambda x: x * np.tanh(softplus(x)), "prelu": prelu,
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "threshold": lambda x, threshold, value: np.where(x <= threshold, value, x),
    "logsigmoid": lambda x: -np.logaddexp(0, -x), "where": np.where,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal,
    "sum": extreme(np.sum), "mean": extreme(np.mean), "amax": extreme(np.max),
    "amin": extreme(np.min), "prod": extreme(np.prod), "argmax": extreme(np.argmax),
    "var": lambda x, dim=None, keepdim=False, correction=1: np.var(
        x, axis=dim, keepdims=keepdim, ddof=correction),
    "norm": p_norm, "dist": lambda a, b, p=2: p_norm(a - b, p),
    "nansum": extreme(np.nansum), "nanmean": extreme(np.nanmean),
    "cumsum": running(np.add), "cumprod": running(np.multiply),
    "logcumsumexp": running(np.logaddexp),
    "cov": lambda x, correction=1: np.cov(x, ddof=correction), "corrcoef": np.corrcoef,
    "matmul": np.matmul, "mm": np.matmul, "bmm": np.matmul, "mv": np.matmul, "dot": np.dot,
    "addmm": lambda c, a, b, beta=1, alpha=1: beta * c + alpha * (a @ b),
    "linear": lambda x, weight, bias=0.0: x @ weight.T + bias,
    "t": np.transpose, "transpose": np.swapaxes, "permute": np.transpose, "reshape": np.reshape,
    "flatten": lambda x, start: x.reshape(*x.shape[:start], -1), "squeeze": np.squeeze,
    "unsqueeze": np.expand_dims, "select": lambda x, dim, i: np.take(x, i, dim),
    "unbind": lambda x, dim=0: list(np.moveaxis(x, dim, 0)), "split": split,
    "cat": lambda *parts, dim=0: np.concatenate(parts, dim),
    "stack": lambda *parts, dim=0: np.stack(parts, dim),
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor,
    "logical_not": np.logical_not, "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor, "bitwise_not": np.invert, "bitwise_left_shift": np.left_shift,
    "bitwise_right_shift": np.right_shift, "any": extreme(np.any), "all": extreme(np.all),
    "argmin": extreme(np.argmin), "count_nonzero": np.count_nonzero,
    "hash_tensor": lambda x: np.bitwise_xor.reduce(x.astype(np.float64).view(np.int64), 1),
    "std": lambda x, dim=None, keepdim=False: np.std(x, axis=dim, keepdims=keepdim, ddof=1),
    "logsumexp": lambda x, dim, keepdim=False: np.log(
        np.exp(x).sum(dim or None, keepdims=keepdim)),
    "gather": lambda x, dim, at: np.take_along_axis(
        x[tuple(slice(n) if d != dim else slice(None) for d, n in enumerate(at.shape))], at, dim),
    "index_select": lambda x, dim, at: np.take(x, at, dim), "contiguous": np.copy,
    "masked_fill": lambda x, mask, value: np.where(mask, value, x),
    "diagonal": np.diagonal, "max": np.max,
    "min": np.min, "index": lambda x, *at: x[at], "index_put": index_put,
    "embedding": lambda rows, table: table[rows], "clone": np.copy, "to": np.float64,
    "softmax": lambda x, dim: np.exp(log_softmax(x, dim)), "log_softmax": log_softmax,
    "nll_loss": nll_loss, "cross_entropy": cross_entropy,
    "mse_loss": lambda x, y, reduction: reduced((x - y) ** 2, reduction),
    "l1_loss": lambda x, y, reduction: reduced(abs(x - y), reduction),
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "smooth_l1_loss": lambda x, y, beta: huber(x - y, beta).mean() / beta,
    "huber_loss": lambda x, y, delta: huber(x - y, delta).mean(),
    "layer_norm": layer_norm, "batch_norm": batch_norm,
}
