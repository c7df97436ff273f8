"""tapegrad: PyTorch's autograd, nn and optim for small work, on a tape in Cython and NumPy."""

from importlib import import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from tapegrad import _lazy, _types
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
    bfloat16,
    cdouble,
    cfloat,
    chalf,
    channels_last,
    channels_last_3d,
    complex32,
    complex64,
    complex128,
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
from tapegrad.ops._declare import public, takes_tensors
from tapegrad.ops.activation import log_softmax, relu, softmax
from tapegrad.ops.arithmetic import (
    add,
    addcdiv,
    addcmul,
    div,
    float_power,
    floor_divide,
    fmod,
    gcd,
    lcm,
    lerp,
    mul,
    neg,
    positive,
    pow,
    reciprocal,
    remainder,
    rsqrt,
    rsub,
    sqrt,
    square,
    sub,
)
from tapegrad.ops.bits import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
)
from tapegrad.ops.compare import (
    allclose,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    isclose,
    le,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    not_equal,
)
from tapegrad.ops.convert import clone, fill
from tapegrad.ops.create import (
    arange,
    as_tensor,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from tapegrad.ops.create import range_ as range
from tapegrad.ops.differences import cumulative_trapezoid, diff, gradient, trapezoid, trapz
from tapegrad.ops.distributions import multinomial, normal, poisson
from tapegrad.ops.group_norm import group_norm, instance_norm, rms_norm
from tapegrad.ops.histogram import bincount, histc, histogram, histogramdd
from tapegrad.ops.index import (
    argwhere,
    gather,
    index_add,
    index_copy,
    index_fill,
    index_put,
    index_put_,
    index_reduce,
    index_select,
    masked_fill,
    masked_scatter,
    masked_select,
    nonzero,
    nonzero_static,
    put,
    scatter,
    scatter_add,
    scatter_reduce,
    take,
    take_along_dim,
    unravel_index,
)
from tapegrad.ops.interop import asarray, from_dlpack, frombuffer
from tapegrad.ops.linalg import (
    addbmm,
    addmm,
    addmv,
    addr,
    baddbmm,
    bmm,
    cdist,
    chain_matmul,
    cholesky,
    cholesky_inverse,
    cholesky_solve,
    cross,
    det,
    dot,
    einsum,
    geqrf,
    inner,
    inv,
    kron,
    logdet,
    lu,
    lu_solve,
    lu_unpack,
    matmul,
    matrix_exp,
    matrix_power,
    mm,
    mv,
    orgqr,
    outer,
    pinverse,
    qr,
    slogdet,
    svd,
    tensordot,
    triangular_solve,
    vander,
    vdot,
)
from tapegrad.ops.norm import norm
from tapegrad.ops.normalization import layer_norm
from tapegrad.ops.order import (
    argsort,
    bucketize,
    isin,
    kthvalue,
    median,
    mode,
    msort,
    nanmedian,
    nanquantile,
    quantile,
    searchsorted,
    sort,
    topk,
    unique,
    unique_consecutive,
)
from tapegrad.ops.pointwise import (
    abs,
    absolute,
    acos,
    acosh,
    angle,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    clamp,
    clamp_max,
    clamp_min,
    conj,
    conj_physical,
    copysign,
    cos,
    cosh,
    deg2rad,
    exp,
    exp2,
    expm1,
    fix,
    floor,
    fmax,
    fmin,
    frac,
    frexp,
    heaviside,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    ldexp,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    maximum,
    minimum,
    nan_to_num,
    nextafter,
    rad2deg,
    real,
    round,
    sgn,
    sigmoid,
    sign,
    signbit,
    sin,
    sinc,
    sinh,
    tan,
    tanh,
    trunc,
    where,
    xlogy,
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
    hash_tensor,
    logsumexp,
    max,
    mean,
    min,
    nanmean,
    nansum,
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
    adjoint,
    as_strided,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    cartesian_prod,
    cat,
    chunk,
    column_stack,
    combinations,
    diag,
    diag_embed,
    diagflat,
    diagonal,
    diagonal_scatter,
    dsplit,
    dstack,
    flatten,
    flip,
    fliplr,
    flipud,
    hsplit,
    hstack,
    meshgrid,
    movedim,
    narrow,
    permute,
    repeat_interleave,
    reshape,
    roll,
    rot90,
    select,
    select_scatter,
    slice_scatter,
    split,
    split_with_sizes,
    squeeze,
    stack,
    t,
    tensor_split,
    tile,
    trace,
    transpose,
    tril,
    tril_indices,
    triu,
    triu_indices,
    unbind,
    unflatten,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    unsqueeze,
    vsplit,
    vstack,
)
from tapegrad.ops.special import (
    digamma,
    erf,
    erfc,
    erfinv,
    i0,
    igamma,
    igammac,
    lgamma,
    logit,
    mvlgamma,
    polygamma,
)
from tapegrad.ops.tensor_types import typename

# isort: split
from tapegrad import autograd
from tapegrad.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled

if TYPE_CHECKING:
    from tapegrad import (
        accelerator,
        amp,
        backends,
        compiler,
        cpu,
        cuda,
        distributed,
        func,
        functional,
        hub,
        jit,
        linalg,
        mps,
        multiprocessing,
        nn,
        optim,
        overrides,
        profiler,
        random,
        return_types,
        serialization,
        signal,
        special,
        testing,
        torch_version,
        utils,
        version,
        xpu,
    )
    from tapegrad._as_torch import as_torch
    from tapegrad._settings import (
        are_deterministic_algorithms_enabled,
        compiled_with_cxx11_abi,
        get_deterministic_debug_mode,
        get_float32_matmul_precision,
        has_lapack,
        has_mkl,
        has_openmp,
        has_spectral,
        is_deterministic_algorithms_warn_only_enabled,
        is_vulkan_available,
        is_warn_always_enabled,
        set_deterministic_debug_mode,
        set_float32_matmul_precision,
        set_flush_denormal,
        set_warn_always,
        use_deterministic_algorithms,
    )
    from tapegrad._streams import Event, Stream
    from tapegrad._threads import (
        get_num_interop_threads,
        get_num_threads,
        set_num_interop_threads,
        set_num_threads,
    )
    from tapegrad._types import legacy_contiguous_format
    from tapegrad.amp import GradScaler, autocast
    from tapegrad.amp.autocast_mode import (
        get_autocast_dtype,
        is_autocast_available,
        is_autocast_enabled,
    )
    from tapegrad.amp.switches import (
        autocast_decrement_nesting,
        autocast_increment_nesting,
        clear_autocast_cache,
        get_autocast_cpu_dtype,
        get_autocast_gpu_dtype,
        get_autocast_ipu_dtype,
        get_autocast_xla_dtype,
        is_autocast_cache_enabled,
        is_autocast_cpu_enabled,
        is_autocast_ipu_enabled,
        is_autocast_xla_enabled,
        set_autocast_cache_enabled,
        set_autocast_cpu_dtype,
        set_autocast_cpu_enabled,
        set_autocast_dtype,
        set_autocast_enabled,
        set_autocast_gpu_dtype,
        set_autocast_ipu_dtype,
        set_autocast_ipu_enabled,
        set_autocast_xla_dtype,
        set_autocast_xla_enabled,
    )
    from tapegrad.autograd.anomaly_mode import set_anomaly_enabled
    from tapegrad.compiler import compile
    from tapegrad.func import vmap
    from tapegrad.nn.functional.activations import prelu
    from tapegrad.nn.functional.affine import bilinear
    from tapegrad.nn.functional.distances import pairwise_distance, pdist
    from tapegrad.nn.functional.native import (
        alpha_dropout,
        binary_cross_entropy_with_logits,
        cosine_embedding_loss,
        ctc_loss,
        dropout,
        embedding,
        feature_alpha_dropout,
        feature_dropout,
        hinge_embedding_loss,
        kl_div,
        margin_ranking_loss,
        native_dropout,
        poisson_nll_loss,
        triplet_margin_loss,
    )
    from tapegrad.nn.functional.native_norms import (
        batch_norm,
        native_batch_norm,
        native_group_norm,
        native_layer_norm,
    )
    from tapegrad.nn.functional.similarity import cosine_similarity
    from tapegrad.ops.copies import (
        alias_copy,
        as_strided_copy,
        detach_copy,
        diagonal_copy,
        expand_copy,
        permute_copy,
        select_copy,
        slice_copy,
        split_copy,
        split_with_sizes_copy,
        squeeze_copy,
        t_copy,
        transpose_copy,
        unbind_copy,
        unfold_copy,
        unsqueeze_copy,
        view_copy,
    )
    from tapegrad.ops.devices import get_default_device, get_device_module, set_default_device
    from tapegrad.ops.interop import to_dlpack
    from tapegrad.ops.legacy_types import (
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
        set_default_tensor_type,
    )
    from tapegrad.ops.mapped import from_file
    from tapegrad.ops.norm import frobenius_norm, nuclear_norm
    from tapegrad.ops.rectifiers import celu, rrelu, selu, threshold
    from tapegrad.ops.recurrent import (
        gru,
        gru_cell,
        lstm,
        lstm_cell,
        rnn_relu,
        rnn_relu_cell,
        rnn_tanh,
        rnn_tanh_cell,
    )
    from tapegrad.ops.reparametrized import binomial
    from tapegrad.ops.segments import segment_reduce
    from tapegrad.ops.shape.geometry import narrow_copy
    from tapegrad.ops.spatial import (
        adaptive_avg_pool1d,
        adaptive_max_pool1d,
        affine_grid_generator,
        avg_pool1d,
        channel_shuffle,
        constant_pad_nd,
        conv1d,
        conv2d,
        conv3d,
        conv_transpose1d,
        conv_transpose2d,
        conv_transpose3d,
        convolution,
        grid_sampler,
        grid_sampler_2d,
        grid_sampler_3d,
        max_pool1d,
        max_pool1d_with_indices,
        max_pool2d,
        max_pool3d,
        native_channel_shuffle,
        pixel_shuffle,
        pixel_unshuffle,
    )
    from tapegrad.ops.weight_norm import norm_except_dim
    from tapegrad.random import thread_safe_generator
    from tapegrad.serialization.api import load, save
    from tapegrad.signal.periodic import (
        bartlett_window,
        blackman_window,
        hamming_window,
        hann_window,
        kaiser_window,
    )
    from tapegrad.storage import (
        BoolStorage,
        ByteStorage,
        CharStorage,
        DoubleStorage,
        FloatStorage,
        HalfStorage,
        IntStorage,
        LongStorage,
        ShortStorage,
        TypedStorage,
        UntypedStorage,
        is_storage,
    )

bool, int, float = _types.bool, _types.int, _types.float
concat, concatenate = public("concat", cat), public("concatenate", cat)
multiply, subtract = public("multiply", mul), public("subtract", sub)
negative, clip = public("negative", neg), public("clip", clamp)
true_divide, divide = public("true_divide", div), public("divide", div)
swapaxes, swapdims = public("swapaxes", transpose), public("swapdims", transpose)
moveaxis, row_stack = public("moveaxis", movedim), public("row_stack", vstack)
inverse = public("inverse", inv)
ger, spmm, ravel = public("ger", outer), mm, public("ravel", Tensor.ravel)
resolve_conj, resolve_neg = public("resolve_conj", conj), public("resolve_neg", conj)

get_default_dtype = public("get_default_dtype", get_default_dtype)
is_grad_enabled = public("is_grad_enabled", is_grad_enabled)
is_inference_mode_enabled = public("is_inference_mode_enabled", is_inference_mode_enabled)
is_anomaly_enabled = public("is_anomaly_enabled", is_anomaly_enabled)
is_anomaly_check_nan_enabled = public("is_anomaly_check_nan_enabled", is_anomaly_check_nan_enabled)

newaxis = None

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _lazy.NAMESPACES:
        return import_module(f"tapegrad.{name}")
    if name in _lazy.HOMES:
        found = getattr(import_module(f"tapegrad.{_lazy.HOMES[name]}"), name)
        return public(name, found) if name in _lazy.COMPILED else found
    if name in _lazy.METHODS:
        globals()[name] = public(name, getattr(Tensor, name))
        return globals()[name]
    if name in _types.OTHERS:
        return _types.OTHERS[name]
    raise AttributeError(f"module 'tapegrad' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_lazy.NAMESPACES, *_lazy.HOMES, *_lazy.METHODS,
                   *_types.OTHERS})  # fmt: skip


def is_tensor(obj: object) -> _types.builtins.bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


@takes_tensors
def is_floating_point(input: Tensor) -> _types.builtins.bool:
    """Whether a tensor's dtype is a floating-point one."""
    return input.is_floating_point()


@takes_tensors
def is_complex(input: Tensor) -> _types.builtins.bool:
    """Whether a tensor's dtype is a complex one: none is."""
    return False


@takes_tensors
def numel(input: Tensor) -> _types.builtins.int:
    """The number of elements of a tensor."""
    return input.numel()


@takes_tensors
def detach(input: Tensor) -> Tensor:
    """The same memory without history."""
    return input.detach()


__all__ = [
    "BoolStorage", "BoolTensor", "ByteStorage", "ByteTensor", "CharStorage", "CharTensor",
    "DoubleStorage", "DoubleTensor", "Event", "FloatStorage", "FloatTensor", "Generator",
    "GradScaler", "HalfStorage", "HalfTensor", "IntStorage", "IntTensor", "LongStorage",
    "LongTensor", "ShortStorage", "ShortTensor", "Size", "Stream", "Tensor", "TypedStorage",
    "UntypedStorage", "abs", "absolute", "accelerator", "acos", "acosh", "adaptive_avg_pool1d",
    "adaptive_max_pool1d", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr",
    "adjoint", "affine_grid_generator", "alias_copy", "all", "allclose", "alpha_dropout", "amax",
    "amin", "aminmax", "amp", "angle", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh",
    "arctan", "arctan2", "arctanh", "are_deterministic_algorithms_enabled", "argmax", "argmin",
    "argsort", "argwhere", "as_strided", "as_strided_copy", "as_tensor", "as_torch", "asarray",
    "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "autocast",
    "autocast_decrement_nesting", "autocast_increment_nesting", "autograd", "avg_pool1d",
    "backends", "baddbmm", "bartlett_window", "batch_norm", "bernoulli", "bfloat16", "bilinear",
    "binary_cross_entropy_with_logits", "bincount", "binomial", "bitwise_and", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman_window",
    "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to",
    "bucketize", "can_cast", "cartesian_prod", "cat", "cdist", "cdouble", "ceil", "celu", "cfloat",
    "chain_matmul", "chalf", "channel_shuffle", "channels_last", "channels_last_3d", "cholesky",
    "cholesky_inverse", "cholesky_solve", "chunk", "clamp", "clamp_max", "clamp_min",
    "clear_autocast_cache", "clip", "clone", "column_stack", "combinations", "compile",
    "compiled_with_cxx11_abi", "compiler", "complex32", "complex64", "complex128", "concat",
    "concatenate", "conj", "conj_physical", "constant_pad_nd", "contiguous_format", "conv1d",
    "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution",
    "copysign", "corrcoef", "cos", "cosh", "cosine_embedding_loss", "cosine_similarity",
    "count_nonzero", "cov", "cpu", "cross", "ctc_loss", "cuda", "cummax", "cummin", "cumprod",
    "cumsum", "cumulative_trapezoid", "default_generator", "deg2rad", "det", "detach",
    "detach_copy", "device", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_copy",
    "diagonal_scatter", "diff", "digamma", "dist", "distributed", "div", "divide", "dot", "double",
    "dropout", "dsplit", "dstack", "dtype", "e", "einsum", "embedding", "empty", "empty_like",
    "empty_permuted", "empty_strided", "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp",
    "exp2", "expand_copy", "expm1", "eye", "feature_alpha_dropout", "feature_dropout", "fill",
    "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp",
    "frobenius_norm", "from_dlpack", "from_file", "from_numpy", "frombuffer", "full", "full_like",
    "func", "functional", "gather", "gcd", "ge", "geqrf", "ger", "get_autocast_cpu_dtype",
    "get_autocast_dtype", "get_autocast_gpu_dtype", "get_autocast_ipu_dtype",
    "get_autocast_xla_dtype", "get_default_device", "get_default_dtype",
    "get_deterministic_debug_mode", "get_device_module", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "get_printoptions", "get_rng_state", "gradient",
    "greater", "greater_equal", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "group_norm",
    "gru", "gru_cell", "gt", "half", "hamming_window", "hann_window", "has_lapack", "has_mkl",
    "has_openmp", "has_spectral", "hash_tensor", "heaviside", "hinge_embedding_loss", "histc",
    "histogram", "histogramdd", "hsplit", "hstack", "hub", "hypot", "i0", "igamma", "igammac",
    "iinfo", "imag", "index_add", "index_copy", "index_fill", "index_put", "index_put_",
    "index_reduce", "index_select", "inf", "inference_mode", "initial_seed", "inner",
    "instance_norm", "int", "int8", "int16", "int32", "int64", "inverse",
    "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_autocast_available",
    "is_autocast_cache_enabled", "is_autocast_cpu_enabled", "is_autocast_enabled",
    "is_autocast_ipu_enabled", "is_autocast_xla_enabled",
    "is_deterministic_algorithms_warn_only_enabled", "is_floating_point", "is_grad_enabled",
    "is_inference_mode_enabled", "is_storage", "is_tensor", "is_vulkan_available",
    "is_warn_always_enabled", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "jit", "kaiser_window", "kl_div", "kron", "kthvalue", "layer_norm",
    "layout", "lcm", "ldexp", "le", "legacy_contiguous_format", "lerp", "less", "less_equal",
    "lgamma", "linalg", "linspace", "load", "log", "log1p", "log2", "log10", "log_softmax",
    "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "logspace", "logsumexp", "long", "lstm", "lstm_cell", "lt", "lu",
    "lu_solve", "lu_unpack", "manual_seed", "margin_ranking_loss", "masked_fill", "masked_scatter",
    "masked_select", "matmul", "matrix_exp", "matrix_power", "max", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "maximum", "mean", "median",
    "memory_format", "meshgrid", "min", "minimum", "mm", "mode", "moveaxis", "movedim", "mps",
    "msort", "mul", "multinomial", "multiply", "multiprocessing", "mv", "mvlgamma", "nan",
    "nan_to_num", "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "narrow_copy",
    "native_batch_norm", "native_channel_shuffle", "native_dropout", "native_group_norm",
    "native_layer_norm", "ne", "neg", "negative", "newaxis", "nextafter", "nn", "no_grad",
    "nonzero", "nonzero_static", "norm", "norm_except_dim", "normal", "not_equal", "nuclear_norm",
    "numel", "ones", "ones_like", "optim", "orgqr", "outer", "overrides", "pairwise_distance",
    "pdist", "permute", "permute_copy", "pi", "pinverse", "pixel_shuffle", "pixel_unshuffle",
    "poisson", "poisson_nll_loss", "polygamma", "positive", "pow", "prelu", "preserve_format",
    "printoptions", "prod", "profiler", "promote_types", "put", "qr", "quantile", "rad2deg", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "random", "randperm", "range",
    "ravel", "real", "reciprocal", "relu", "remainder", "renorm", "repeat_interleave", "reshape",
    "resolve_conj", "resolve_neg", "result_type", "return_types", "rms_norm", "rnn_relu",
    "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell", "roll", "rot90", "round", "row_stack", "rrelu",
    "rsqrt", "rsub", "save", "scalar_tensor", "scatter", "scatter_add", "scatter_reduce",
    "searchsorted", "seed", "segment_reduce", "select", "select_copy", "select_scatter", "selu",
    "serialization", "set_anomaly_enabled", "set_autocast_cache_enabled", "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled", "set_autocast_dtype", "set_autocast_enabled",
    "set_autocast_gpu_dtype", "set_autocast_ipu_dtype", "set_autocast_ipu_enabled",
    "set_autocast_xla_dtype", "set_autocast_xla_enabled", "set_default_device", "set_default_dtype",
    "set_default_tensor_type", "set_deterministic_debug_mode", "set_float32_matmul_precision",
    "set_flush_denormal", "set_grad_enabled", "set_num_interop_threads", "set_num_threads",
    "set_printoptions", "set_rng_state", "set_warn_always", "sgn", "short", "sigmoid", "sign",
    "signal", "signbit", "sin", "sinc", "sinh", "slice_copy", "slice_scatter", "slogdet", "softmax",
    "sort", "special", "split", "split_copy", "split_with_sizes", "split_with_sizes_copy", "spmm",
    "sqrt", "square", "squeeze", "squeeze_copy", "stack", "std", "std_mean", "strided", "sub",
    "subtract", "sum", "svd", "swapaxes", "swapdims", "t", "t_copy", "take", "take_along_dim",
    "tan", "tanh", "tensor", "tensor_split", "tensordot", "testing", "thread_safe_generator",
    "threshold", "tile", "to_dlpack", "topk", "torch_version", "trace", "transpose",
    "transpose_copy", "trapezoid", "trapz", "triangular_solve", "tril", "tril_indices",
    "triplet_margin_loss", "triu", "triu_indices", "true_divide", "trunc", "typename", "uint8",
    "unbind", "unbind_copy", "unflatten", "unfold_copy", "unique", "unique_consecutive",
    "unravel_index", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unsqueeze",
    "unsqueeze_copy", "use_deterministic_algorithms", "utils", "vander", "var", "var_mean", "vdot",
    "version", "view_copy", "vmap", "vsplit", "vstack", "where", "xlogy", "xpu", "zeros",
    "zeros_like",
]  # fmt: skip
