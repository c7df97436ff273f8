"""Several operations in one: products and quotients added, interpolation."""

from __future__ import annotations

from collections.abc import Callable

from tapegrad._core import InplaceOp, result_type_number
from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER, float16, float32
from tapegrad.ops._declare import composite, method, op, takes_out
from tapegrad.ops._dims import common_shape, number_of
from tapegrad.ops._out import c_name
from tapegrad.ops.arithmetic.products import div_op, mul
from tapegrad.ops.arithmetic.sums import add_op, check_held, is_bool, is_float
from tapegrad.ops.convert import check_written_shape, in_dtype
from tapegrad.ops.promotion import can_cast
from tapegrad.ops.tensor_types import type_name


def _added(joined: Callable, input, tensor1, tensor2, value) -> Tensor:
    """``input + value * joined(tensor1, tensor2)`` in the dtype of all; float16 is rounded once."""
    are_alike = input.dtype is tensor1.dtype is tensor2.dtype
    dtype = input.dtype if are_alike else \
        BY_NUMPY_NUMBER[result_type_number(input, tensor1, tensor2)]
    computed = float32 if dtype is float16 else dtype
    if not are_alike or computed is not dtype:
        input, tensor1, tensor2 = (in_dtype(one, computed) for one in (input, tensor1, tensor2))
    scaled = tensor1 if type(value) is int and value == 1 else tensor1 * value
    try:
        total = add_op(input, joined(scaled, tensor2))
    except RuntimeError:
        common_shape(input.shape, tensor1.shape, tensor2.shape)     # as PyTorch compares them
        raise
    return total if computed is dtype else in_dtype(total, dtype)


addcmul_op = op(
    "addcmul",
    kernel=OURS["addcmul"],
    forward=composite(
        lambda input, tensor1, tensor2, value: _added(mul, input, tensor1, tensor2, value)
    ),
    params=("input", "tensor1", "tensor2", "value"),
    input="g",
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
    doc="``input + value * tensor1 * tensor2``, element by element.",
)
addcdiv_op = op(
    "addcdiv",
    kernel=OURS["addcdiv"],
    forward=composite(
        lambda input, tensor1, tensor2, value: _added(div_op, input, tensor1, tensor2, value)
    ),
    params=("input", "tensor1", "tensor2", "value"),
    input="g",
    tensor1=lambda g, tensor2, value: g * (value / tensor2),
    tensor2=lambda g, tensor1, tensor2, value: -g * (tensor1 * value / (tensor2 * tensor2)),
    doc="``input + value * tensor1 / tensor2``, element by element.",
)
_addcmul_inplace, _addcdiv_inplace = InplaceOp(addcmul_op), InplaceOp(addcdiv_op)


def _whole_for_integers(input, tensor1, tensor2, value):
    """The factor as the operands' dtype holds it; a fraction is cut off from it for integers."""
    if is_bool(input) and is_bool(tensor1) and is_bool(tensor2):
        raise NotImplementedError("\"addcmul_cpu_out\" not implemented for 'Bool'")
    value = _held(value, input, tensor1, tensor2)
    is_whole = not (is_float(input) or is_float(tensor1) or is_float(tensor2))
    return int(value) if is_whole else value


def _held(value, *operands):
    """The factor, which may come in a tensor. Refuses what the operands' dtype cannot hold."""
    if type(value) is int and 0 <= value <= 1:  # as every dtype does
        return value
    value = number_of(value)
    check_held(value, *operands, is_wide=True)
    return value


def _check_quotient(tensor1, tensor2) -> None:
    if not (is_float(tensor1) or is_float(tensor2)):
        raise RuntimeError(_INTEGER_DIVISION)


_INTEGER_DIVISION = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
    "perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be "
    "implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer "
    "inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
    "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all "
    "dtypes."
)


@takes_out("cast")
@method()
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``, element by element. Shapes broadcast."""
    value = _whole_for_integers(input, tensor1, tensor2, value)
    return addcmul_op(input, tensor1, tensor2, value)


@method()
def addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """In-place form of :func:`addcmul`."""
    if is_bool(self):
        for other in (tensor1, tensor2):
            check_written_shape(self, other)
    value = _whole_for_integers(self, tensor1, tensor2, value)
    return _addcmul_inplace(self, tensor1, tensor2, value)


@takes_out("cast")
@method()
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``, element by element. Shapes broadcast.

    Raises RuntimeError where both tensors hold integers.
    """
    _check_quotient(tensor1, tensor2)
    value = _held(value, input, tensor1, tensor2)
    return addcdiv_op(input, tensor1, tensor2, value)


@method()
def addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """In-place form of :func:`addcdiv`."""
    _check_quotient(tensor1, tensor2)
    value = _held(value, self, tensor1, tensor2)
    return _addcdiv_inplace(self, tensor1, tensor2, value)


lerp_number_op = op(
    "lerp",
    kernel=OURS["lerp"],
    widens_half=True,
    grad_name="LerpBackward0",
    params=("input", "end", "weight"),
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    doc="``input + weight * (end - input)`` with a number as weight.",
)
lerp_tensor_op = op(
    "lerp_tensor",
    kernel=OURS["lerp"],
    grad_name="LerpBackward1",
    params=("input", "end", "weight"),
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
    doc="``input + weight * (end - input)`` with a weight for each element.",
)
_lerp_number_inplace, _lerp_tensor_inplace = InplaceOp(lerp_number_op), InplaceOp(lerp_tensor_op)


def _check_dtypes(input: Tensor, end: Tensor, weight, *, is_written: bool = False) -> None:
    """Refuse tensors of another dtype, and integers; a lone weight may be of any dtype."""
    given = {"end": end}
    if isinstance(weight, Tensor) and weight.ndim:
        given["weight"] = weight
    for name, other in given.items():
        if other.dtype is not input.dtype:
            raise RuntimeError(
                f"expected dtype {c_name(input.dtype)} for `{name}` but got dtype "
                f"{c_name(other.dtype)}"
            )
    if not input.is_floating_point():
        _refuse_integers(input, end, weight, is_written)


def _refuse_integers(input: Tensor, end: Tensor, weight, is_written: bool) -> None:
    """Refuse to interpolate integers, unless a lone weight is a floating-point one."""
    kind = "scalar"
    number: int = input.dtype.numpy.num
    if isinstance(weight, Tensor):
        kind, number = "tensor", result_type_number(input, end, weight)
    for other in (end, weight):
        if is_written and isinstance(other, Tensor):
            check_written_shape(input, other)
    if is_written and not can_cast(BY_NUMPY_NUMBER[number], input.dtype):
        raise RuntimeError(
            f"result type {TYPE_NAMES[number]} can't be cast to the desired output type "
            f"{type_name(input)}"
        )
    if not BY_NUMPY_NUMBER[number].is_floating_point:
        raise NotImplementedError(
            f"\"lerp_kernel_{kind}\" not implemented for '{TYPE_NAMES[number]}'"
        )


@takes_out("same")
@method()
def lerp(input: Tensor, end: Tensor, weight) -> Tensor:
    """``input + weight * (end - input)``; the weight is a number or a tensor. Shapes broadcast.

    Raises RuntimeError for tensors of different dtypes.
    """
    _check_dtypes(input, end, weight)
    return (lerp_tensor_op if isinstance(weight, Tensor) else lerp_number_op)(input, end, weight)


@method()
def lerp_(self: Tensor, end: Tensor, weight) -> Tensor:
    """In-place form of :func:`lerp`."""
    _check_dtypes(self, end, weight, is_written=True)
    written = _lerp_tensor_inplace if isinstance(weight, Tensor) else _lerp_number_inplace
    return written(self, end, weight)


__all__ = ["addcdiv", "addcmul", "lerp"]
