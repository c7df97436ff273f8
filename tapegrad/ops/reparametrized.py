"""Gamma, Dirichlet and binomial draws; the first two have derivatives by their parameters."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import not_differentiable, op, takes_tensors
from tapegrad.ops.generators import Generator, default_generator
from tapegrad.ops.shape import broadcast_tensors

_standard_gamma_grad = op(
    "_standard_gamma_grad", kernel=OURS["standard_gamma_grad"],
    input=not_differentiable("_standard_gamma_grad"),
    output=not_differentiable("_standard_gamma_grad"),
    params=("input", "output"),
    doc="How a standard gamma draw moves with its concentration.",
)  # fmt: skip

def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """How a beta draw moves with its first concentration, over ``1 - x``; it has no derivative."""
    arrays = [one._array for one in broadcast_tensors(x, alpha, total)]
    return Tensor._wrap(kernels.pointwise(OURS["dirichlet_grad"], *arrays))


def _refuse_half(kernel: str, array: np.ndarray) -> None:
    """Raise PyTorch's error of a kernel that has no loop for float16."""
    if array.dtype == np.float16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Half'")


def _gamma(concentration: np.ndarray, generator: Generator) -> np.ndarray:
    _refuse_half("gamma_cpu", concentration)
    smallest = float(np.finfo(concentration.dtype).tiny)
    return generator.draw_for("standard_gamma", concentration, (smallest,))


_standard_gamma_op = op(
    "_standard_gamma",
    forward=_gamma,
    params=("input", "generator"),
    grad_name="StandardGammaBackward0",
    input=lambda g, input, out: g * _standard_gamma_grad(input, out),
    doc="Draws of the gamma distribution with unit rate.",
)


def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws of the gamma distribution with unit rate; differentiable by the concentration.

    Source: Marsaglia and Tsang 2000; Figurnov, Mohamed and Mnih 2018.
    """
    return _standard_gamma_op(input, generator or default_generator)


def _dirichlet(concentration: np.ndarray, generator: Generator) -> np.ndarray:
    """Gamma draws over their sum, computed in double precision."""
    _refuse_half("dirichlet", concentration)
    dtype = concentration.dtype
    limits = np.finfo(dtype)
    drawn = _gamma(kernels.cast_array(concentration, np.float64), generator)
    shares = drawn / drawn.sum(-1, keepdims=True)
    highest = np.nextafter(dtype.type(1), dtype.type(0))
    return kernels.cast_array(np.clip(shares, float(limits.tiny), float(highest)), dtype)


def _sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws of the Dirichlet distribution along the last dimension; they have no derivative."""
    return Tensor._wrap(_dirichlet(input._array, generator or default_generator))


def _binomial(count: np.ndarray, prob: np.ndarray, generator: Generator) -> np.ndarray:
    _refuse_half("binomial_cpu", count)
    flat = [kernels.contiguous(x).reshape(-1) for x in (count, prob)]
    result = kernels.empty(flat[0].shape, count.dtype)
    with generator._lock:
        OURS["binomial"](*flat, result, generator._state)
    return result.reshape(count.shape)


@takes_tensors
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of ``count`` trials succeed, each with probability ``prob``.

    Source: Hoermann 1993 (BTRS); below ten expected successes sums of geometric waiting times.
    """
    counts, probs = (one._array for one in broadcast_tensors(count, prob))
    return Tensor._wrap(_binomial(counts, probs, generator or default_generator))


__all__ = ["binomial"]
