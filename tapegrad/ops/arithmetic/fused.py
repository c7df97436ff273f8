"""Several operations in one: products and quotients added, interpolation."""

from __future__ import annotations

from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import composite, method, op, takes_out
from tapegrad.ops._out import c_name
from tapegrad.ops.arithmetic.products import div_op, mul
from tapegrad.ops.arithmetic.sums import add_op, check_held, is_bool, is_float
from tapegrad.ops.promotion import result_type
from tapegrad.ops.tensor_types import type_name


def _scaled(value, tensor, *others):
    """``value * tensor`` in the dtype in which the tensor meets the others."""
    for other in others:
        if other.dtype is not tensor.dtype:
            tensor = tensor.to(result_type(tensor, other))
    return tensor if type(value) is int and value == 1 else tensor * value


addcmul_op = op(
    "addcmul",
    forward=composite(
        lambda input, tensor1, tensor2, value: add_op(
            input, mul(_scaled(value, tensor1, tensor2, input), tensor2)
        )
    ),
    params=("input", "tensor1", "tensor2", "value"),
    input="g",
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
    doc="``input + value * tensor1 * tensor2``, element by element.",
)
addcdiv_op = op(
    "addcdiv",
    forward=composite(
        lambda input, tensor1, tensor2, value: add_op(
            input, div_op(_scaled(value, tensor1, tensor2, input), tensor2)
        )
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
    check_held(value, input, tensor1, tensor2, is_wide=True)
    is_whole = not (is_float(input) or is_float(tensor1) or is_float(tensor2))
    return int(value) if is_whole else value


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
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """``input + value * tensor1 * tensor2``, element by element. Shapes broadcast."""
    value = _whole_for_integers(input, tensor1, tensor2, value)
    return addcmul_op(input, tensor1, tensor2, value)


@method()
def addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """In-place form of :func:`addcmul`."""
    value = _whole_for_integers(self, tensor1, tensor2, value)
    return _addcmul_inplace(self, tensor1, tensor2, value)


@takes_out("cast")
@method()
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """``input + value * tensor1 / tensor2``, element by element. Shapes broadcast.

    Raises RuntimeError where both tensors hold integers.
    """
    _check_quotient(tensor1, tensor2)
    check_held(value, input, tensor1, tensor2, is_wide=True)
    return addcdiv_op(input, tensor1, tensor2, value)


@method()
def addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """In-place form of :func:`addcdiv`."""
    _check_quotient(tensor1, tensor2)
    check_held(value, self, tensor1, tensor2, is_wide=True)
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


def _as_weight(weight, input: Tensor):
    """A weight; one without dimensions may be of any dtype."""
    is_scalar = isinstance(weight, Tensor) and not weight.ndim
    return weight.to(input.dtype) if is_scalar else weight


def _check_one_dtype(input: Tensor, **others) -> None:
    if not input.is_floating_point():
        kind = "tensor" if isinstance(others["weight"], Tensor) else "scalar"
        refuse_integers(f"lerp_kernel_{kind}", input._array)
    for name, other in others.items():
        if isinstance(other, Tensor) and other.dtype is not input.dtype:
            raise RuntimeError(
                f"expected dtype {type_name(input).lower()} for `{name}` but got dtype "
                f"{c_name(other.dtype)}"
            )


@takes_out("same")
@method()
def lerp(input: Tensor, end: Tensor, weight) -> Tensor:
    """``input + weight * (end - input)``; the weight is a number or a tensor. Shapes broadcast.

    Raises RuntimeError for tensors of different dtypes.
    """
    weight = _as_weight(weight, input)
    _check_one_dtype(input, end=end, weight=weight)
    return (lerp_tensor_op if isinstance(weight, Tensor) else lerp_number_op)(input, end, weight)


@method()
def lerp_(self: Tensor, end: Tensor, weight) -> Tensor:
    """In-place form of :func:`lerp`."""
    weight = _as_weight(weight, self)
    _check_one_dtype(self, end=end, weight=weight)
    written = _lerp_tensor_inplace if isinstance(weight, Tensor) else _lerp_number_inplace
    return written(self, end, weight)


__all__ = ["addcdiv", "addcmul", "lerp"]
