"""Further distributions: draws in place, and draws from tensors of parameters."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import new_memory, refuse_integers
from tapegrad.ops._declare import method, op, takes_out, takes_tensors
from tapegrad.ops._dims import common_shape, sizes_of
from tapegrad.ops._out import check_dtype, fit
from tapegrad.ops.convert import in_dtype
from tapegrad.ops.create import zeros_like
from tapegrad.ops.draws import drawn, takes_dtype
from tapegrad.ops.generators import Generator, default_generator
from tapegrad.ops.random import drawing_op, drawn_into, sampled
from tapegrad.ops.shape import broadcast_tensors

_fill_exponential, _fill_cauchy, _fill_log_normal, _fill_geometric = (
    drawing_op(name, name, f"{name.title().replace('_', '')}Backward0")
    for name in ("exponential", "cauchy", "log_normal", "geometric")
)


def _check_continuous(self: Tensor, name: str, dtype_name: str) -> None:
    if not self.is_floating_point():
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a "
            f"floating point but you specified {dtype_name}"
        )


_C_NAMES = {
    "int8": "signed char", "uint8": "unsigned char", "int16": "short int", "int32": "int",
    "int64": "long int",
}  # fmt: skip


@method()
def exponential_(self: Tensor, lambd: float = 1.0, *, generator=None) -> Tensor:
    """Fill with numbers of the density ``lambd * exp(-lambd * x)``."""
    if not self.numel():
        return self
    _check_continuous(self, "Exponential", TYPE_NAMES[self.dtype.numpy.num])
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    return _fill_exponential(self, (float(lambd),), generator or default_generator)


@method()
def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator=None) -> Tensor:
    """Fill with numbers of the density ``sigma / (pi * ((x - median)² + sigma²))``."""
    _check_continuous(self, "Cauchy", _C_NAMES.get(self.dtype.name, self.dtype.name))
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    return _fill_cauchy(self, (float(median), float(sigma)), generator or default_generator)


@method()
def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator=None) -> Tensor:
    """Fill with numbers whose logarithms are normal, of this mean and deviation."""
    if not self.numel():
        return self
    refuse_integers("log_normal_cpu", self._array)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    return _fill_log_normal(self, (float(mean), float(std)), generator or default_generator)


@method()
def geometric_(self: Tensor, p: float, *, generator=None) -> Tensor:
    """Fill with the number of trials up to the first success, each of probability ``p``."""
    if self.dtype is _types.bool:
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    return _fill_geometric(self, (float(p),), generator or default_generator)


# ------------------------------------------------------------------------- normal


def _normal(mean: np.ndarray, std, generator: Generator) -> np.ndarray:
    """Standard draws, scaled and shifted; a single deviation is the draws' own."""
    of_array = isinstance(std, np.ndarray)
    drawn_array = kernels.empty(mean.shape, mean.dtype)
    if not takes_dtype("normal", mean):
        return drawn_array
    generator.draw("normal", drawn_array, (0.0, 1.0 if of_array else std))
    if of_array:
        drawn_array = kernels.pointwise(_MULTIPLY, drawn_array, std)
    return kernels.pointwise(_ADD, drawn_array, mean)


_MULTIPLY, _ADD = map(kernels.numpy_kernel, (np.multiply, np.add))


def _normal_op(name: str, grad_name: str, inputs: tuple, forward, params: tuple):
    return op(
        name,
        forward=forward,
        params=(*params, "generator"),
        grad_name=grad_name,
        inputs=inputs,
        gradients=lambda g: (zeros_like(g), zeros_like(g))[: len(inputs)],
        doc="Numbers drawn from normal distributions; they have no gradient but zero.",
    )


_normal_of_means = _normal_op(
    "normal_of_means", "NormalBackward1", ("mean",), _normal, ("mean", "std")
)
_normal_of_deviations = _normal_op(
    "normal_of_deviations", "NormalBackward2", ("std",),
    lambda std, mean, generator: _normal(
        kernels.fill(kernels.empty(std.shape, std.dtype), mean), std, generator
    ),
    ("std", "mean"),
)  # fmt: skip
_normal_of_both = _normal_op(
    "normal_of_both", "NormalBackward3", ("mean", "std"), _normal, ("mean", "std")
)


def _normal_into(out: Tensor, mean=0.0, std=1.0, size=None, *, generator=None, dtype=None,
                 **options) -> Tensor:  # fmt: skip
    """Draws that are scaled and shifted where they lie; a mean or deviation may broadcast."""
    _check_deviation(std)
    of_means, of_deviations = isinstance(mean, Tensor), isinstance(std, Tensor)
    if not of_means and not of_deviations:
        check_dtype(_types.as_dtype(dtype, "normal") or out.dtype, out.dtype, "factory")
        fit(out, sizes_of("normal", (), size))
        return drawn_into(out, "normal", (float(mean), float(std)), generator)
    other = std.shape if of_deviations else out.shape
    fit(out, common_shape(mean.shape if of_means else (), other), announce=4)
    drawn_into(out, "normal", (0.0, 1.0 if of_deviations else float(std)), generator)
    return (out.mul_(std) if of_deviations else out).add_(mean)


@takes_out("any", writer=_normal_into)
def normal(mean=0.0, std=1.0, size=None, *, generator=None, dtype=None, **options) -> Tensor:
    """Numbers drawn from the normal distribution; mean and deviation may be tensors."""
    generator = generator or default_generator
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        return _normal_of_numbers(mean, std, size, generator, dtype, **options)
    if options or size is not None or dtype is not None:
        raise TypeError("normal() takes a size and options with two numbers alone")
    if isinstance(mean, np.ndarray) or isinstance(std, np.ndarray):
        raise TypeError("normal() takes tensors and numbers")
    _check_deviation(std)
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        means, deviations = broadcast_tensors(mean, in_dtype(std, mean.dtype))
        return _normal_of_both(means, deviations, generator)
    if isinstance(mean, Tensor):
        return _normal_of_means(mean, float(std), generator)
    return _normal_of_deviations(std, float(mean), generator)


def _normal_of_numbers(mean, std, size, generator, dtype, *, layout=None, device=None,
                       pin_memory=False, requires_grad=False) -> Tensor:  # fmt: skip
    _check_deviation(std)
    array = new_memory("normal", (), size, dtype, device)
    return drawn("normal", array, (float(mean), float(std)), generator, requires_grad)


def _check_deviation(std) -> None:
    if not isinstance(std, Tensor):
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    elif std.numel() and not kernels.lies_within(std._array, 0, math.inf):
        raise RuntimeError("normal expects all elements of std >= 0.0")


# ------------------------------------------------------------------------- counts and categories


def _poisson(input: np.ndarray, generator: Generator) -> np.ndarray:
    refuse_integers("poisson_cpu", input)
    if not bool((input >= 0).all()):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return generator.draw_for("poisson", input)


_poisson_op = sampled("poisson", _poisson)


@takes_tensors
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of events, drawn for each element with that mean."""
    return _poisson_op(input, default_generator if generator is None else generator)


@takes_out("multinomial expects Long tensor out, got: {out}", refuses_grad=False)
@method()
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator=None
) -> Tensor:
    """Numbers of categories, drawn with the weights that each row gives them.

    Without ``replacement`` a row's categories differ: those with the largest weights over
    exponential draws. Shape: ``(n)`` or ``(rows, n)`` to ``(num_samples)`` or ``(rows,
    num_samples)``. Source: Efraimidis and Spirakis 2006.
    """
    weights = input._array
    _check_categories(input, num_samples, replacement)
    if not weights.size:
        return Tensor._wrap(_no_places(weights, num_samples))
    generator = generator or default_generator
    draws_again = replacement and num_samples > 1
    if not kernels.are_weights(weights):
        _refuse_weights(weights, draws_again)
    if draws_again:
        return Tensor._wrap(_drawn_again(weights, num_samples, generator))
    races = generator.draw("exponential", kernels.empty_like(weights), (1.0,))
    return Tensor._wrap(_largest(kernels.pointwise(_DIVIDE, weights, races), num_samples))


_DIVIDE = kernels.numpy_kernel(np.true_divide)


def _largest(keys: np.ndarray, count: int) -> np.ndarray:
    if count == 1:
        return kernels.reduce(OURS["argmax"], keys, (keys.ndim - 1,), True)
    order = np.argsort(-keys, axis=-1, kind="stable")
    return kernels.contiguous(order[..., :count])


def _drawn_again(weights: np.ndarray, count: int, generator: Generator) -> np.ndarray:
    shares = kernels.empty(weights.shape, weights.dtype)
    result = kernels.empty((*weights.shape[:-1], count), np.int64)
    with generator._lock:
        OURS["multinomial"](weights, shares, result, generator._state)
    return result


# Beyond, not every category has a float32 of its own.
_MOST_CATEGORIES = 2**24


def _check_categories(input: Tensor, count: int, replacement: bool) -> None:
    if not isinstance(count, int):
        raise TypeError(
            f"multinomial(): argument 'num_samples' (position 2) must be int, not "
            f"{type(count).__name__}"
        )
    if input.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not input.is_floating_point():
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{TYPE_NAMES[input.dtype.numpy.num]}"
        )
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if input.shape[-1] > _MOST_CATEGORIES:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not replacement and count > input.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )


def _no_places(weights: np.ndarray, count: int) -> np.ndarray:
    """What is drawn for no row; RuntimeError where there are rows, but no categories."""
    if weights.ndim == 2 and not weights.shape[0]:
        return kernels.empty((0, count), np.int64)
    if count == 1:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


def _refuse_weights(weights: np.ndarray, draws_again: bool) -> None:
    """Say what is wrong with weights: PyTorch looks at each where it draws from a row again."""
    is_refused = ~(weights >= 0)
    if bool((~is_refused & np.isfinite(weights)).all()):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if not draws_again:
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    reason = "< 0" if bool(is_refused.any()) else "= infinity or NaN"
    raise RuntimeError(
        f"invalid multinomial distribution (encountering probability entry {reason})"
    )


__all__ = ["multinomial", "normal", "poisson"]
