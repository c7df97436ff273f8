"""tapegrad: PyTorch's autograd, nn and optim for small work, on a tape in Cython and NumPy."""

from tapegrad import _types
from tapegrad._core import result_type_number as _result_type_number
from tapegrad._print import get_printoptions, printoptions, set_printoptions
from tapegrad._tensor import (
    Tensor,
    get_default_dtype,
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
from tapegrad.ops.random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    normal,
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
    any,
    argmax,
    argmin,
    count_nonzero,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    std,
    sum,
    var,
)
from tapegrad.ops.shape import (
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

# isort: split
from tapegrad import autograd
from tapegrad.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled

# isort: split
from tapegrad import nn, optim

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


def result_type(tensor1: object, tensor2: object) -> dtype:
    """The dtype that arithmetic between two tensors or numbers gives."""
    return _types.BY_NUMPY_NUMBER[_result_type_number(tensor1, tensor2)]


def detach(input: Tensor) -> Tensor:
    """The same memory without history."""
    return input.detach()
