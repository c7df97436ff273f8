"""Every operation, one file a family; importing this attaches them to Tensor."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tapegrad import _sweep, _tensor
from tapegrad._core import InplaceOp, Op
from tapegrad._print import tensor_repr
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER
from tapegrad.ops import (
    _refusal,  # noqa: F401 - it explains calls that fail
    activation,
    arithmetic,
    bits,
    callables,
    compare,
    convert,
    create,
    differences,
    distance,
    distributions,
    group_norm,
    histogram,
    index,
    interop,
    legacy_types,
    linalg,
    loss,
    norm,
    normalization,
    order,
    pointwise,
    prelu,
    queries,
    random,
    reduce,
    scan,
    shape,
    sharing,
    special,
    storage,
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
from tapegrad.ops.channel_norm import batch_norm
from tapegrad.ops.dropouts import dropout
from tapegrad.ops.linalg import linear
from tapegrad.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    div_by_count,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from tapegrad.ops.nll import nll_loss, nll_loss2d
from tapegrad.ops.normalization import embedding, layer_norm
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
from tapegrad.ops.special import erf
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
        "matmul": linalg.matmul,
        "rmatmul": lambda self, other: linalg.matmul(create.as_tensor(other), self),
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
    repr=tensor_repr, construct=create.construct_legacy, rebuild_tensor=create.rebuild_tensor
)
_sweep.register_gradient_ops(
    add=arithmetic.add_op,
    add_into=arithmetic.add_inplace,
    clone=convert.clone,
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

# Families without methods of Tensor are loaded when a program first asks for one.
_LOADED_LATER = (
    "attention", "bilinear", "embedding_bag", "margin_loss", "recurrent", "spatial",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _LOADED_LATER:
        return import_module(f"tapegrad.ops.{name}")
    raise AttributeError(f"module 'tapegrad.ops' has no attribute '{name}'")


def registered_ops() -> dict[str, Op]:
    """Every op by its name, those of families that were not yet loaded too."""
    for name in _LOADED_LATER:
        import_module(f"tapegrad.ops.{name}")
    return dict(_REGISTRY)


__all__ = [
    "Tensor", "activation", "arithmetic", "attention", "batch_norm", "bilinear",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "bits", "callables", "celu",
    "clamp", "compare", "convert", "create", "differences", "distance", "distributions",
    "div_by_count", "dropout", "elu", "embedding", "embedding_bag", "erf", "gelu", "glu",
    "group_norm", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "histogram", "huber_loss",
    "index", "l1_loss", "layer_norm", "leaky_relu", "legacy_types", "linalg", "linear",
    "log_sigmoid", "log_softmax", "loss", "margin_loss", "mish", "mse_loss", "nll_loss",
    "nll_loss2d", "norm", "normalization", "order", "pointwise", "prelu", "prelu_kernel", "queries",
    "random", "recurrent", "reduce", "registered_ops", "relu", "rrelu", "scan", "shape", "sharing",
    "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "softshrink", "spatial", "special",
    "storage", "tanh", "tensor_types", "threshold", "type_name", "typename", "where",
]  # fmt: skip
