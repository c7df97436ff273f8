"""Every operation, one file a family; importing a file attaches its operations to Tensor.

The files that few programs use are loaded with the first of their names that is asked for.
"""

from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

from tapegrad import _sweep, _tensor
from tapegrad._core import InplaceOp, Op
from tapegrad._print import tensor_repr
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER
from tapegrad.ops import (
    _later,  # noqa: F401 - names first, so that files which are loaded now replace them
    _refusal,  # noqa: F401 - it explains calls that fail
    activation,
    arithmetic,
    bits,
    compare,
    convert,
    create,
    index,
    interop,
    linalg,
    pointwise,
    queries,
    random,
    reduce,
    scan,
    shape,
    tensor_types,
)
from tapegrad.ops._declare import _REGISTRY, attach
from tapegrad.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    hardswish,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    silu,
    softmax,
    softplus,
)
from tapegrad.ops.linalg.linear import linear
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.piecewise import (
    hardshrink,
    hardsigmoid,
    hardtanh,
    leaky_relu,
    prelu_kernel,
    rrelu,
    softshrink,
    threshold,
)
from tapegrad.ops.pointwise import clamp, sigmoid, tanh, where
from tapegrad.ops.tensor_types import type_name, typename

if TYPE_CHECKING:
    from tapegrad.ops import attention, bilinear, embedding_bag, margin_loss, recurrent, spatial

_tensor.register_operators(
    {
        "add": arithmetic.add_op,
        "radd": arithmetic.add_op,
        "iadd": arithmetic.add_inplace,
        "sub": arithmetic.minus,
        "rsub": arithmetic.rsub,
        "isub": arithmetic.minus_,
        "mul": arithmetic.mul,
        "imul": arithmetic.mul_inplace,
        "truediv": arithmetic.div_op,
        "rtruediv": arithmetic.rdiv,
        "itruediv": InplaceOp(arithmetic.div_op),
        "floordiv": arithmetic.floor_divide,
        "rfloordiv": lambda self, other: arithmetic.floor_divide(other, self),
        "ifloordiv": arithmetic.floor_divide_,
        "mod": arithmetic.remainder,
        "rmod": lambda self, other: arithmetic.remainder(other, self),
        "imod": arithmetic.remainder_,
        "pow": arithmetic.pow,
        "pow_number": arithmetic.pow_number,
        "rpow": arithmetic.rpow,
        "ipow": arithmetic.pow_,
        "matmul": matmul,
        "rmatmul": lambda self, other: matmul(create.as_tensor(other), self),
        "neg": arithmetic.neg,
        "abs": pointwise.abs,
        "invert": bits.invert,
        "and": bits.bitwise_and,
        "or": bits.bitwise_or,
        "xor": bits.bitwise_xor,
        "iand": bits.and_inplace,
        "ior": bits.or_inplace,
        "ixor": bits.xor_inplace,
        "lshift": bits.bitwise_left_shift,
        "rshift": bits.bitwise_right_shift,
        "ilshift": bits.lshift_inplace,
        "irshift": bits.rshift_inplace,
        "rlshift": lambda self, other: bits.bitwise_left_shift(other, self),
        "rrshift": lambda self, other: bits.bitwise_right_shift(other, self),
        "eq": compare.eq,
        "ne": compare.ne,
        "lt": compare.lt,
        "le": compare.le,
        "gt": compare.gt,
        "ge": compare.ge,
        "getitem": index.getitem,
        "setitem": index.setitem,
    }
)
_tensor.register_array_operator(interop.array_first, interop.ARRAY_UFUNCS)
_tensor.register_tensor_support(
    repr=tensor_repr, construct=create.construct_legacy, reduce_tensor=create.reduce_tensor
)
_sweep.register_gradient_ops(
    add=arithmetic.add_op,
    add_into=arithmetic.add_inplace,
    clone=convert.clone,
    copy_of=lambda tensor: create.empty_like(tensor).copy_(tensor),
    reduce_to_shape=reduce.reduce_to_shape,
    convert=lambda tensor, number: tensor.to(BY_NUMPY_NUMBER[number]),
    has_nan=lambda tensor: bool(pointwise.isnan(tensor).any()),
)
_sweep.register_named_ops(_REGISTRY)
_sweep.register_zeros(
    lambda shape, number: create.zeros(shape, dtype=BY_NUMPY_NUMBER[number])
)

# Compiled methods with arguments explain failed calls; the interpreter does it for the others.
for _name in ("is_contiguous", "numpy", "register_hook", "register_post_accumulate_grad_hook",
              "requires_grad_", "size", "stride"):  # fmt: skip
    attach(_name, getattr(Tensor, _name))

# Packages that are asked for as ``ops.spatial`` and loaded then.
_LOADED_LATER = (
    "attention", "bilinear", "embedding_bag", "margin_loss", "recurrent", "spatial",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _LOADED_LATER:
        return import_module(f"tapegrad.ops.{name}")
    raise AttributeError(f"module 'tapegrad.ops' has no attribute '{name}'")


def registered_ops() -> dict[str, Op]:
    """Every op by its name, those of files that were not yet loaded too."""
    for module in walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
    return dict(_REGISTRY)


__all__ = [
    "Tensor", "activation", "arithmetic", "attention", "bilinear", "bits", "celu", "clamp",
    "compare", "convert", "create", "elu", "embedding_bag", "gelu", "glu", "hardshrink",
    "hardsigmoid", "hardswish", "hardtanh", "index", "leaky_relu", "linalg", "linear",
    "log_sigmoid", "log_softmax", "margin_loss", "matmul", "mish", "pointwise", "prelu_kernel",
    "queries", "random", "recurrent", "reduce", "registered_ops", "relu", "rrelu", "scan", "shape",
    "sigmoid", "silu", "softmax", "softplus", "softshrink", "spatial", "tanh", "tensor_types",
    "threshold", "type_name", "typename", "where",
]  # fmt: skip
