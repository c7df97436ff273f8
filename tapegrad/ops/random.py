"""Random numbers: what is drawn from a generator, uniform, normal, whole and permuted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from operator import index
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp, Op
from tapegrad._tensor import Tensor
from tapegrad.ops import draws
from tapegrad.ops._arguments import check_device, dtype_or, finished, refuse_integers
from tapegrad.ops._declare import method, not_differentiable, op, takes_out, takes_tensors
from tapegrad.ops._dims import number_of, sizes_of
from tapegrad.ops._out import c_name, fit
from tapegrad.ops.create import zeros_like
from tapegrad.ops.create.filled import like_array
from tapegrad.ops.draws import drawn, takes_dtype
from tapegrad.ops.generators import Generator, default_generator, memory_order


def drawn_into(out: Tensor, kernel: str, params: tuple, generator: Generator | None) -> Tensor:
    """Fill a tensor with draws; the write is counted, and seen by backward as a constant."""
    if not takes_dtype(kernel, out._array):
        return out
    return _FILLS[kernel](out, params, generator or default_generator)


def _filling(name: str, kernel: str) -> Callable[..., Tensor]:
    """What writes ``out`` for a function of sizes."""
    def write(out: Tensor, *sizes, size=None, generator=None, **options) -> Tensor:
        shape = sizes_of(name, sizes, size)
        return drawn_into(fit(out, shape), kernel, (0.0, 1.0), generator)

    return write


rand = takes_out("factory", writer=_filling("rand", "uniform"))(draws.rand)
randn = takes_out("factory", writer=_filling("randn", "normal"))(draws.randn)


def _bounds(low, high, dtype: _types.dtype, is_open: bool = False) -> tuple[int, int, bool]:
    """The least number, how many there are, and whether one needs two draws of 32 bits.

    Refuses numbers that the dtype does not have; of floats the last that it has is the highest.
    An open range is one for which nobody gave the end.
    """
    least, most = _whole_limits(dtype)
    if not (type(low) is type(high) is int and least <= low < high <= most + 1):
        low, high = _checked_bounds(low, high, dtype, is_open)
    count = high - low
    return (low, count, count >= 2**28) if count < 2**64 else (0, 0, True)


@cache
def _whole_limits(dtype: _types.dtype) -> tuple[int, int]:
    """Bounds between which a dtype has all whole numbers."""
    most = _largest(dtype)
    return -most if dtype.is_floating_point else _limits(dtype)[0], most


def _refuse_other_kinds(*bounds) -> None:
    for bound in bounds:
        if isinstance(bound, bool) or not -(2**63) <= index(bound) < 2**63:
            raise TypeError(f"no whole number of 64 bits: {bound}")


@cache
def _digits(dtype: _types.dtype) -> int:
    """How many bits a float's whole numbers have before they are rounded."""
    return np.finfo(dtype.numpy).nmant + 1


@cache
def _limits(dtype: _types.dtype) -> tuple[Any, Any]:
    """The least and the largest number of a dtype."""
    if dtype is _types.bool:
        return 0, 1
    if dtype.is_floating_point:
        most = float(np.finfo(dtype.numpy).max)
        return -most, most
    limits = np.iinfo(dtype.numpy)
    return limits.min, limits.max


def _checked_bounds(low, high, dtype: _types.dtype, is_open: bool) -> tuple[int, int]:
    """The bounds as whole numbers that the dtype has; an open range ends where the dtype does."""
    low = int(low) if isinstance(low, Tensor) else index(low)
    high = int(high) if isinstance(high, Tensor) else index(high)
    if low >= high and not is_open:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    least, most = _limits(dtype)
    for name, bound in (("from", low), ("to - 1", high - 1)):
        if not least <= bound <= most:
            raise RuntimeError(f"{name} is out of bounds for {c_name(dtype)}")
    return _checked_floats(low, high, dtype, is_open) if dtype.is_floating_point else (low, high)


def _checked_floats(low: int, high: int, dtype: _types.dtype, is_open: bool) -> tuple[int, int]:
    """As :func:`_checked_bounds`, where not all whole numbers are ones of the dtype."""
    low, high = _representable(low, high, dtype)
    if low >= high:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than "
            + ("or equal to 'to_inc' casted to dtype, " if is_open else "'to' casted to dtype, ")
            + (f"but got from={low} > to_inc={high - 1}" if is_open else
               f"but got from={low} >= to={high}")
        )
    for name, bound in (("from", low), ("to - 1", high - 1)):
        if abs(bound) > _largest(dtype):
            warnings.warn(
                f"{name} is out of bounds [-(2^{_digits(dtype)}), 2^{_digits(dtype)}]. Due to "
                f"precision limitations {c_name(dtype)} can support discrete uniform distribution "
                "only within this range. This warning will become an error in version 1.7 release, "
                "please fix the code in advance", stacklevel=5)  # fmt: skip
    return low, high


def _representable(low: int, high: int, dtype: _types.dtype) -> tuple[int, int]:
    """Bounds that rounding to floats does not leave: the gap there is that of ``nmant`` bits."""
    digits = _digits(dtype)
    first, last = (int(dtype.numpy.type(n)) for n in (low + 1, high - 1))
    if first < low:
        low = first + (1 << (abs(low + 1).bit_length() - digits))
    if high <= last < 2**63:        # what no int64 holds stays as it is
        high = last - (1 << (abs(high - 1).bit_length() - digits))
    return low, high


def _all_64_bits(dtype: _types.dtype) -> tuple[int, int, bool]:
    """As :func:`_bounds`, for all numbers of 64 bits."""
    kernel = "random_full_64_bits_range_kernel_cpu"
    if dtype in (_types.bool, _types.float16):
        name = kernels.TYPE_NAMES[dtype.numpy.num]
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")
    if dtype.itemsize < 8 and dtype is not _types.float32:
        raise RuntimeError(f"{kernel} handles only int64, double, float and bfloat16")
    return 0, 0, True


def _all_numbers(dtype: _types.dtype) -> tuple[int, int, bool]:
    """As :func:`_bounds`, for the whole numbers from 0 that a dtype holds exactly."""
    high = _largest(dtype) + 1
    return 0, high, dtype.itemsize == 8


@cache
def _largest(dtype: _types.dtype) -> int:
    """The whole number up to which a dtype holds all."""
    if dtype.is_floating_point:
        return 2 ** _digits(dtype)
    return 1 if dtype is _types.bool else int(np.iinfo(dtype.numpy).max)


def _bounds_and_size(
    args: tuple, low, high, size, dtype: _types.dtype
) -> tuple[tuple, tuple[int, ...]]:
    given = list(args)
    if given and isinstance(given[-1], (tuple, list)):
        size = given.pop()
    low = 0 if low is None else low
    if len(given) == 2:
        low, high = given
    elif given:
        high = given[0]
    if not (type(low) is type(high) is int and high < 2**63):
        _refuse_other_kinds(low, high)
    return _bounds(low, high, dtype), sizes_of("randint", (), size)


def _randint_into(out: Tensor, *args, low=None, high=None, size=None, generator=None,
                  **options) -> Tensor:  # fmt: skip
    bounds, shape = _bounds_and_size(args, low, high, size, out.dtype)
    return drawn_into(fit(out, shape), "randint", bounds, generator)


@takes_out("factory", writer=_randint_into)
def randint(*args, low=None, high=None, size=None, generator=None, dtype=None,
            layout=None, device=None, requires_grad=False) -> Tensor:  # fmt: skip
    """Whole numbers drawn evenly from [low, high); ``randint(high, size)`` starts at 0."""
    dtype = dtype_or(dtype, "randint", _types.int64)
    is_simple = dtype is _types.int64 and low is high is size is None
    bounds, shape = (is_simple and draws.simple_range(args)) or _bounds_and_size(
        args, low, high, size, dtype)
    check_device(device)
    return drawn("randint", kernels.empty(shape, dtype.numpy), bounds, generator, requires_grad)


def _check_permuted(n: int, dtype: _types.dtype) -> None:
    if dtype is _types.bool:
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    if n <= _largest(dtype) + 1:
        return
    if not dtype.is_floating_point:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    most = {2: "2049", 4: "2^24+1", 8: "2^53+1"}[dtype.itemsize]
    name = kernels.TYPE_NAMES[dtype.numpy.num]
    raise RuntimeError(f"n cannot be greater than {most} for {name} type.")


@takes_out("factory")
@takes_tensors
def randperm(n: int, *, generator=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False) -> Tensor:  # fmt: skip
    """The numbers 0 to n - 1 in random order."""
    check_device(device)
    dtype = dtype_or(dtype, "randperm", _types.int64)
    _check_permuted(n, dtype)
    array = kernels.empty(sizes_of("randperm", (n,)), np.int64)
    (generator or default_generator).draw("randperm", array)
    array = array if dtype is _types.int64 else kernels.cast_array(array, dtype.numpy)
    return finished(array, requires_grad)


def _like(name: str, kernel: str) -> Callable[..., Tensor]:
    def like(input: Tensor, *, generator=None, dtype=None, layout=None, device=None,
             requires_grad=False, memory_format=None, pin_memory=False) -> Tensor:  # fmt: skip
        array = like_array(own_name, input, dtype, device, memory_format)
        return drawn(kernel, array, (0.0, 1.0), generator, requires_grad)

    like.__name__ = like.__qualname__ = own_name = f"{name}_like"
    like.__doc__ = f"As :func:`{name}`, with another tensor's shape, dtype and memory order."
    return takes_tensors(like)


rand_like, randn_like = _like("rand", "uniform"), _like("randn", "normal")


@takes_tensors
def randint_like(input: Tensor, *bounds, low=None, high=None, generator=None,
                 dtype=None, layout=None, device=None, requires_grad=False,
                 memory_format=None, pin_memory=False) -> Tensor:  # fmt: skip
    """As :func:`randint`, with another tensor's shape, dtype and memory order."""
    first, last = bounds if len(bounds) == 2 else (low or 0, *(bounds or (high,)))
    if isinstance(last, Tensor) and len(bounds) < 2 and low is None:
        if last.ndim:
            raise RuntimeError("high must be a scalar tensor and on CPU")
        last = int(last)
    _refuse_other_kinds(first, last)
    dtype = dtype_or(dtype, "randint_like", input.dtype)
    array = like_array("randint_like", input, dtype, device, memory_format)
    return drawn("randint", array, _bounds(first, last, dtype), generator, requires_grad)


def sampled(name: str, draw: Callable, grad_name: str | None = None) -> Op:
    """Declare the op that makes a tensor of draws from one of parameters; its gradient is zero."""
    return op(
        name,
        forward=draw,
        grad_name=grad_name,
        input=lambda g: zeros_like(g),
        doc="Numbers drawn for each element.",
    )


def _bernoulli(input: np.ndarray, generator: Generator) -> np.ndarray:
    if not input.size:
        return kernels.empty_like(input)
    refuse_integers("bernoulli_tensor_cpu_p_", input)
    result = kernels.empty(input.shape, input.dtype)  # what does not fit is refused first
    if not _are_chances(input):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
            "be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    return generator.draw_for("bernoulli_from", input, out=result)


def _are_chances(input: np.ndarray) -> bool:
    known = kernels.all_between(input, 0, 1, True, True, False)
    return kernels.lies_within(input, 0, 1) if known is None else known


_bernoulli_op = sampled("bernoulli_from", _bernoulli, "BernoulliBackward0")


_of_one_chance_op = op(
    "bernoulli_of_one_chance", forward=lambda input, draws: draws, params=("input", "draws"),
    grad_name="NotImplemented", input=not_differentiable("bernoulli"),
    doc="Draws, already made, in the shape of a tensor that backward cannot reach.",
)  # fmt: skip


def _bernoulli_into(out: Tensor, input: Tensor, p=..., *, generator=None) -> Tensor:
    chances = input if p is ... else p
    return bernoulli_(fit(out, input.shape), chances, generator=generator)


@takes_out("any", writer=_bernoulli_into)
@method()
def bernoulli(input: Tensor, p=..., *, generator=None) -> Tensor:
    """1 with each element's probability, else 0; or all with probability ``p``."""
    if p is not ...:
        made = Tensor._wrap(kernels.empty(input.shape, input.dtype.numpy))
        return _of_one_chance_op(input, bernoulli_(made, number_of(p), generator=generator))
    return _bernoulli_op(input, generator or default_generator)


def kernels_empty_like(input: Tensor) -> Tensor:
    """Uninitialised memory like a tensor's."""
    return Tensor._wrap(kernels.empty_like(input._array))


def bernoulli_mask(input: Tensor, p: float) -> Tensor:
    """A mask for dropout: ``1 / p`` with probability p, else 0."""
    mask = kernels_empty_like(input)
    default_generator.draw("bernoulli", mask._array, (float(p),))
    return mask.div_(p)


# ------------------------------------------------------------------------- in place


def drawing_op(name: str, kernel: str, grad_name: str) -> InplaceOp:
    """Declare the op that fills a tensor with draws; backward sees a constant."""
    return InplaceOp(op(
        name,
        forward=lambda input, params, generator: generator.draw(kernel, input, params) is None,
        grad_name=grad_name,
        writes=True,
        overwrites=True,
        input=lambda g: zeros_like(g),
        doc="Fill with draws.",
    ))  # fmt: skip


_FILLS = {
    "uniform": drawing_op("uniform", "uniform", "UniformBackward0"),
    "normal": drawing_op("normal", "normal", "NormalBackward0"),
    "bernoulli": drawing_op("bernoulli", "bernoulli", "BernoulliBackward2"),
    "randint": drawing_op("random", "randint", "RandomBackward0"),
}
_RANDOM_BY_BOUNDS = (
    drawing_op("random_of_all", "randint", "RandomBackward2"),
    drawing_op("random_below", "randint", "RandomBackward1"),
    _FILLS["randint"],
)


@method()
def uniform_(self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator=None,
             **keyword) -> Tensor:  # fmt: skip
    """Fill with numbers drawn evenly from [from, to)."""
    takes_dtype("uniform", self._array)
    low, high = number_of(keyword.pop("from", from_)), number_of(to)
    if keyword:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(keyword))}'")
    least, most = _limits(self.dtype)
    for name, bound in (("from", low), ("to", high)):
        if not least <= bound <= most:
            raise RuntimeError(f"{name} is out of bounds for {c_name(self.dtype)}")
    if low > high:
        raise RuntimeError(
            "uniform_ expects to return a [from, to) range, but found "
            f"from={low:g} > to={high:g}"
        )
    if high - low > most:
        raise RuntimeError(
            "uniform_ expects to-from <= std::numeric_limits<"
            f"{kernels.TYPE_NAMES[self.dtype.numpy.num]}>::max(), but found to={high:g} and "
            f"from={low:g} which result in to-from to exceed the limit"
        )
    return drawn_into(self, "uniform", (float(low), float(high)), generator)


@method()
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator=None) -> Tensor:
    """Fill with numbers drawn from the normal distribution of this mean and deviation."""
    takes_dtype("normal", self._array)
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    return drawn_into(self, "normal", (float(mean), float(std)), generator)


@method()
def bernoulli_(self: Tensor, p=0.5, *, generator=None) -> Tensor:
    """Fill with 1 at probability ``p``, else 0; ``p`` may be a tensor of probabilities."""
    if isinstance(p, Tensor):
        order = memory_order(self._array)
        draws = bernoulli(p.expand(self.shape).permute(order), generator=generator)
        return self.copy_(draws.permute(sorted(range(self.ndim), key=order.__getitem__)))
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    return drawn_into(self, "bernoulli", (float(p),), generator)


@method()
def random_(self: Tensor, *bounds, generator=None) -> Tensor:
    """Fill with whole numbers drawn evenly: ``random_(to)``, ``random_(from, to)``.

    Without bounds from 0 to the largest number, up to which the dtype holds all; so does a ``to``
    after ``from`` that is None.
    """
    if not bounds:
        limits = _all_numbers(self.dtype)
    else:
        low, high = (0, *bounds) if len(bounds) == 1 else bounds
        is_open = high is None and len(bounds) == 2
        if is_open and low == -(2**63):
            limits = _all_64_bits(self.dtype)
        else:
            end = _largest(self.dtype) + 1 if is_open else high
            limits = _bounds(low, end, self.dtype, is_open)
    return _RANDOM_BY_BOUNDS[len(bounds)](self, limits, generator or default_generator)


__all__ = [
    "bernoulli", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm",
]  # fmt: skip
