"""What kind of number an element is, and the parts and neighbours of floating-point numbers."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad._types import float64
from tapegrad.ops._declare import composite, method, op, public, takes_out, takes_tensors
from tapegrad.ops._dims import common_shape
from tapegrad.ops._results import NamedResult, named_result
from tapegrad.ops.create import zeros_like
from tapegrad.ops.pointwise.selection import where_op

isnan = op("isnan", kernel=np.isnan, method=True, out="none", doc="Where an element is NaN.")
isinf = op("isinf", kernel=np.isinf, method=True, out="none", doc="Where an element is infinite.")
isfinite = op(
    "isfinite", kernel=np.isfinite, method=True, out="none",
    doc="Where an element is neither infinite nor NaN.",
)  # fmt: skip
isposinf = op(
    "isposinf", forward=composite(lambda input: input == math.inf), params=("input",), method=True,
    out="isposinf does not support non-boolean outputs.",
    doc="Where an element is infinite and positive.",
)  # fmt: skip
isneginf = op(
    "isneginf", forward=composite(lambda input: input == -math.inf), params=("input",), method=True,
    out="isneginf does not support non-boolean outputs.",
    doc="Where an element is infinite and negative.",
)  # fmt: skip


@method()
def isreal(input: Tensor) -> Tensor:
    """Where an element is real: everywhere, as numbers here are."""
    return Tensor._wrap(kernels.fill(kernels.empty_like(input._array, np.bool_), True))


@method()
def conj(input: Tensor) -> Tensor:
    """The complex conjugate: the tensor itself, as numbers here are real."""
    return input


@takes_out("same")
@method()
def conj_physical(input: Tensor) -> Tensor:
    """The complex conjugate, computed: the tensor itself, as numbers here are real."""
    return input


_conj_physical_inplace = InplaceOp(
    op("conj_physical", forward=lambda input: input, grad_name="ConjPhysicalBackward1", input="g")
)


@method()
def conj_physical_(self: Tensor) -> Tensor:
    """In-place form of :func:`conj_physical`: a write that changes nothing."""
    return _conj_physical_inplace(self)


@takes_tensors
def real(input: Tensor) -> Tensor:
    """The real part: the tensor itself, as numbers here are real."""
    return input


@takes_tensors
def imag(input: Tensor) -> Tensor:
    """The imaginary part, which no tensor here has. Raises RuntimeError."""
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def _replaced(input: np.ndarray, nan=None, posinf=None, neginf=None) -> np.ndarray:
    if input.dtype.kind != "f":
        return kernels.cast_array(input, input.dtype)
    limits = np.finfo(input.dtype)
    result = kernels.empty_like(input)
    OURS["nan_to_num"](input, result, params=(
        0.0 if nan is None else nan,
        float(limits.max) if posinf is None else posinf,
        float(limits.min) if neginf is None else neginf,
    ))  # fmt: skip
    return result


nan_to_num = op(
    "nan_to_num", forward=_replaced, method=True, inplace=True, out="same",
    input=lambda g, input: where_op(isfinite(input), g, 0.0),
    doc="""Each element, but ``nan`` for NaN, ``posinf`` and ``neginf`` for infinities.

    By default these are 0, the largest and the smallest number of the dtype.
    """,
)  # fmt: skip
nextafter = op(
    "nextafter", kernel=np.nextafter, method=True, inplace=True, n_tensors=2,
    input=lambda g, input, other: where_op(input == other, 0.0, g),
    other=lambda g: zeros_like(g),
    doc="The next floating-point number from ``input`` towards ``other``.",
)  # fmt: skip

frexp_result = named_result("frexp", "mantissa", "exponent")
_FREXP = kernels.numpy_kernel(np.frexp)


def _frexp(input: np.ndarray) -> tuple:
    if input.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = kernels.empty_like(input), kernels.empty_like(input, np.int32)
    _FREXP(input, mantissa, exponent)
    return mantissa, exponent


frexp_op = op(
    "frexp", forward=_frexp, outputs=("mantissa", "exponent"),
    input=lambda g, exponent: g / exponent.exp2(),
    doc="Mantissa and exponent of each element.",
)  # fmt: skip


@takes_out(texts={
    0: "torch.frexp() expects mantissa to have dtype {result_text} but got {out_text}",
    1: "torch.frexp() expects exponent to have int dtype but got {out_text}",
})
@method()
def frexp(input: Tensor) -> NamedResult:
    """Each element as ``mantissa * 2**exponent``, the mantissa's size from 0.5 to below 1.

    Gives ``(mantissa, exponent)``, the exponents as int32. Raises RuntimeError for integers.
    """
    return frexp_result.of(frexp_op(input))


def _ldexp(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    if input.dtype.kind != "f" or other.dtype.kind == "f":
        return _scaled_by_power(input, other)
    common_shape(input.shape, other.shape)
    if other.dtype.kind == "b":
        raise NotImplementedError("\"ldexp_cpu_exp\" not implemented for 'Bool'")
    with np.errstate(all="ignore"):
        return np.asarray(np.ldexp(input, other.astype(np.int32)))


def _times_power(input: Tensor, other: Tensor) -> Tensor:
    if not other.ndim and other.is_floating_point() and input.dtype is float64:
        other = other.to(float64)       # alone raised in more digits than it has
    return input * 2.0**other


_scaled_by_power = composite(_times_power)
ldexp_op = op(
    "ldexp", forward=_ldexp,
    # As PyTorch: 2 to a negative integer exponent is the integer 0 here.
    input=lambda g, other: g * 2**other,
    other=lambda g, out: g * (out * math.log(2)),
    doc="``input * 2**other``.",
)  # fmt: skip
_ldexp_inplace = InplaceOp(ldexp_op)


@takes_out("cast ldexp")
@method()
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2**other``, element by element. Shapes broadcast."""
    return ldexp_op(input, other)


@method()
def ldexp_(self: Tensor, other: Tensor) -> Tensor:
    """In-place form of :func:`ldexp`."""
    return _ldexp_inplace(self, other)


for _name in ("resolve_conj", "resolve_neg"):
    method(_name)(conj)

resolve_conj, resolve_neg = public("resolve_conj", conj), public("resolve_neg", conj)

__all__ = [
    "conj", "conj_physical", "frexp", "imag", "isfinite", "isinf", "isnan", "isneginf", "isposinf",
    "isreal", "ldexp", "nan_to_num", "nextafter", "real", "resolve_conj", "resolve_neg",
]  # fmt: skip
