"""tapegrad: PyTorch's autograd, nn and optim for small work, on a tape in Cython and NumPy."""

from tapegrad import _types
from tapegrad._print import get_printoptions, printoptions, set_printoptions
from tapegrad._tensor import (
    Tensor,
    get_default_dtype,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    set_default_dtype,
)
from tapegrad._types import (
    Size,
    contiguous_format,
    device,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    layout,
    long,
    memory_format,
    preserve_format,
    short,
    strided,
    uint8,
)
from tapegrad.ops.activation import log_softmax, relu, softmax
from tapegrad.ops.arithmetic import (
    add,
    div,
    floor_divide,
    fmod,
    mul,
    neg,
    pow,
    reciprocal,
    remainder,
    rsub,
    square,
    sub,
    trunc,
)
from tapegrad.ops.compare import (
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from tapegrad.ops.convert import clone
from tapegrad.ops.create import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from tapegrad.ops.distributions import multinomial, normal, poisson
from tapegrad.ops.index import gather, index_put, index_select, masked_fill, masked_select, nonzero
from tapegrad.ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from tapegrad.ops.pointwise import (
    abs,
    atan,
    ceil,
    clamp,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    floor,
    isnan,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    where,
)
from tapegrad.ops.promotion import can_cast, promote_types, result_type
from tapegrad.ops.random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from tapegrad.ops.reduce import (
    all,
    amax,
    amin,
    aminmax,
    any,
    argmax,
    argmin,
    corrcoef,
    count_nonzero,
    cov,
    dist,
    logsumexp,
    max,
    mean,
    min,
    nanmean,
    nansum,
    norm,
    prod,
    renorm,
    std,
    std_mean,
    sum,
    var,
    var_mean,
)
from tapegrad.ops.scan import cummax, cummin, cumprod, cumsum, logcumsumexp
from tapegrad.ops.shape import (
    as_strided,
    broadcast_tensors,
    broadcast_to,
    cat,
    chunk,
    diagonal,
    flatten,
    movedim,
    narrow,
    permute,
    reshape,
    select,
    split,
    squeeze,
    stack,
    t,
    transpose,
    unbind,
    unflatten,
    unsqueeze,
)
from tapegrad.ops.tensor_types import typename

# isort: split
from tapegrad import autograd
from tapegrad.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled

# isort: split
from tapegrad import nn, optim, return_types, random

# isort: split
from tapegrad import func, utils

bool, int, float = _types.bool, _types.int, _types.float
absolute, concat, concatenate, multiply, subtract, true_divide, divide, negative = (
    abs, cat, cat, mul, sub, div, div, neg,
)  # fmt: skip
clip, swapaxes, ravel, greater, less, not_equal = clamp, transpose, Tensor.ravel, gt, lt, ne

__version__ = "0.1.0"


def is_tensor(obj: object) -> _types.builtins.bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> _types.builtins.bool:
    """Whether a tensor's dtype is a floating-point one."""
    return input.is_floating_point()


def numel(input: Tensor) -> _types.builtins.int:
    """The number of elements of a tensor."""
    return input.numel()


def detach(input: Tensor) -> Tensor:
    """The same memory without history."""
    return input.detach()


__all__ = [
    "Generator", "Size", "Tensor", "abs", "absolute", "add", "addmm", "all", "allclose", "amax",
    "amin", "aminmax", "any", "arange", "argmax", "argmin", "as_strided", "as_tensor", "atan",
    "autograd", "bernoulli", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "bmm",
    "bool", "broadcast_tensors", "broadcast_to", "can_cast", "cat", "ceil", "chunk", "clamp",
    "clip", "clone", "concat", "concatenate", "contiguous_format", "corrcoef", "cos", "cosh",
    "count_nonzero", "cov", "cummax", "cummin", "cumprod", "cumsum", "default_generator", "detach",
    "device", "diagonal", "dist", "div", "divide", "dot", "double", "dtype", "empty", "empty_like",
    "enable_grad", "eq", "equal", "erf", "exp", "expm1", "eye", "finfo", "flatten", "float",
    "float16", "float32", "float64", "floor", "floor_divide", "fmod", "from_numpy", "full",
    "full_like", "func", "gather", "ge", "get_default_dtype", "get_printoptions", "get_rng_state",
    "greater", "gt", "half", "iinfo", "index_put", "index_select", "inference_mode", "initial_seed",
    "int", "int8", "int16", "int32", "int64", "is_anomaly_check_nan_enabled", "is_anomaly_enabled",
    "is_floating_point", "is_grad_enabled", "is_inference_mode_enabled", "is_tensor", "isclose",
    "isfinite", "isinf", "isnan", "layout", "le", "less", "linspace", "log", "log1p", "log2",
    "log10", "log_softmax", "logcumsumexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logsumexp", "long", "lt", "manual_seed", "masked_fill", "masked_select",
    "matmul", "max", "maximum", "mean", "memory_format", "min", "minimum", "mm", "movedim", "mul",
    "multiply", "mv", "nanmean", "nansum", "narrow", "ne", "neg", "negative", "nn", "no_grad",
    "nonzero", "norm", "normal", "not_equal", "numel", "ones", "ones_like", "optim", "outer",
    "permute", "pow", "preserve_format", "printoptions", "prod", "promote_types", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel",
    "reciprocal", "relu", "remainder", "renorm", "reshape", "result_type", "return_types", "round",
    "rsqrt", "rsub", "seed", "select", "set_default_dtype", "set_grad_enabled", "set_printoptions",
    "set_rng_state", "short", "sigmoid", "sign", "sin", "sinh", "softmax", "split", "sqrt",
    "square", "squeeze", "stack", "std", "strided", "sub", "subtract", "sum", "swapaxes", "t",
    "tan", "tanh", "tensor", "transpose", "true_divide", "trunc", "typename", "uint8", "unbind",
    "unflatten", "unsqueeze", "var", "where", "zeros", "zeros_like",
    "default_generator", "detach", "device", "diagonal", "div", "divide", "dot", "double",
    "dtype", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "exp", "expm1", "eye",
    "finfo", "flatten", "float", "float16", "float32", "float64", "floor", "floor_divide",
    "fmod", "from_numpy", "full", "full_like", "func", "gather", "ge", "get_default_dtype",
    "get_printoptions", "get_rng_state", "greater", "gt", "half", "iinfo", "index_put",
    "index_select", "inference_mode", "initial_seed", "int", "int8", "int16", "int32", "int64",
    "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_floating_point",
    "is_grad_enabled", "is_inference_mode_enabled", "is_tensor", "isclose", "isfinite", "isinf",
    "isnan", "layout", "le", "less", "linspace", "log", "log1p", "log2", "log10", "log_softmax",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "long", "lt",
    "manual_seed", "masked_fill", "masked_select", "matmul", "max", "maximum", "mean",
    "memory_format", "min", "minimum", "mm", "movedim", "mul", "multiply", "mv", "narrow", "ne",
    "neg", "negative", "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel",
    "ones", "ones_like", "optim", "outer", "permute", "pow", "preserve_format", "printoptions",
    "prod", "promote_types", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm", "ravel", "reciprocal", "relu", "remainder", "reshape",
    "result_type", "round", "rsqrt", "rsub", "seed", "select", "set_default_dtype",
    "set_grad_enabled", "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin",
    "sinh", "softmax", "split", "sqrt", "square", "squeeze", "stack", "std", "strided", "sub",
    "subtract", "sum", "swapaxes", "t", "tan", "tanh", "tensor", "transpose", "true_divide",
    "trunc", "typename", "uint8", "unbind", "unflatten", "unsqueeze", "utils", "var", "where",
    "zeros", "zeros_like",
    "minimum", "mm", "movedim", "mul", "multinomial", "multiply", "mv", "narrow", "ne", "neg",
    "negative", "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones",
    "ones_like", "optim", "outer", "permute", "poisson", "pow", "preserve_format", "printoptions",
    "prod", "promote_types", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "random", "randperm", "ravel", "reciprocal", "relu", "remainder", "reshape", "result_type",
    "return_types", "round", "rsqrt", "rsub", "seed", "select", "set_default_dtype",
    "set_grad_enabled", "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin",
    "sinh", "softmax", "split", "sqrt", "square", "squeeze", "stack", "std", "strided", "sub",
    "subtract", "sum", "swapaxes", "t", "tan", "tanh", "tensor", "transpose", "true_divide",
    "trunc", "typename", "uint8", "unbind", "unflatten", "unsqueeze", "var", "where", "zeros",
    "square", "squeeze", "stack", "std", "std_mean", "strided", "sub", "subtract", "sum",
    "swapaxes", "t", "tan", "tanh", "tensor", "transpose", "true_divide", "trunc", "typename",
    "uint8", "unbind", "unflatten", "unsqueeze", "utils", "var", "var_mean", "where", "zeros",
    "zeros_like",
]  # fmt: skip
