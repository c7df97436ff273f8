"""Random shapes, layouts and dtypes: every family of operations does what PyTorch does.

Shapes are 0-d, empty, of size 1 and of many dimensions; layouts are transposed, stepped, offset and
expanded. Results have the same dtype, shape and values, gradients the same values, and what one
library refuses the other refuses too, with the same class.
"""

import warnings

import numpy as np
import pytest
from support import assert_same

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
FLOATS = ["float16", "float32", "float64"]
LAYOUTS = {
    "plain": lambda x: x,
    "transposed": lambda x: x.transpose(0, -1) if x.ndim else x,
    "stepped": lambda x: x[..., ::2] if x.ndim else x,
    "offset": lambda x: x[1:] if x.ndim else x,
    "expanded": lambda x: x.unsqueeze(0).expand((2, *x.shape)),
}
shapes = st.lists(st.sampled_from([0, 1, 1, 2, 3, 4]), max_size=5).map(tuple)
dims = st.integers(-3, 3)

UNARY = [
    "abs", "neg", "exp", "expm1", "log1p", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid",
    "relu", "sign", "floor", "ceil", "round", "trunc", "square", "reciprocal", "erf", "atan",
    "isnan", "isinf", "isfinite", "logical_not", "bitwise_not", "positive", "sgn", "signbit",
    "nan_to_num", "frac", "sinc", "logit", "deg2rad",
]
BINARY = [
    "add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "maximum", "minimum", "eq",
    "ne", "lt", "ge", "logical_and", "logical_xor", "bitwise_and", "bitwise_or", "atan2", "hypot",
    "copysign", "fmax", "logaddexp", "xlogy", "heaviside", "true_divide",
]
NOT_DIFFERENTIABLE = {"floor_divide", "heaviside"}
OVER_DIMS = [
    "sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "all", "any", "max", "min",
    "logsumexp", "var", "std", "cumsum", "cumprod", "cummax", "softmax", "log_softmax",
    "count_nonzero", "nansum", "unbind", "squeeze", "unsqueeze", "msort", "mode",
]
SHAPING = [
    ("reshape", st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), max_size=4)),
    ("permute", st.permutations(range(3))), ("transpose", st.tuples(dims, dims)),
    ("flatten", st.tuples(dims, dims)), ("movedim", st.tuples(dims, dims)),
    ("narrow", st.tuples(dims, st.integers(-3, 4), st.integers(-1, 4))),
    ("select", st.tuples(dims, st.integers(-4, 4))), ("roll", st.tuples(st.integers(-5, 5))),
    ("repeat", st.lists(st.integers(0, 3), max_size=4)),
    ("diagonal", st.tuples(st.integers(-2, 2))),
    ("expand", st.lists(st.sampled_from([-1, 1, 2, 3, 4]), max_size=5)),
    ("split", st.tuples(st.integers(-1, 4), dims)), ("chunk", st.tuples(st.integers(0, 4), dims)),
    ("unfold", st.tuples(dims, st.integers(-1, 4), st.integers(0, 3))),
    ("tril", st.tuples(st.integers(-3, 3))), ("triu", st.tuples(st.integers(-3, 3))),
    ("rot90", st.just(())), ("tile", st.lists(st.integers(0, 3), max_size=3)),
]  # fmt: skip
EXAMPLES = hypothesis.settings(max_examples=12, deadline=None, derandomize=True)


@st.composite
def arrays(draw, kinds=DTYPES, shape=None, has_nan=True):
    """Small numbers of any dtype and shape; a seed makes them."""
    name = draw(st.sampled_from(kinds))
    shape = draw(shapes) if shape is None else shape
    values = np.random.default_rng(draw(st.integers(0, 99))).standard_normal(shape) * 3
    array = np.asarray(np.abs(values) if name == "uint8" else values)
    if np.dtype(name).kind == "f" and has_nan and draw(st.booleans()):
        array = np.where(array > 4, np.nan, np.where(array < -4, -np.inf, array))
    return array.astype(name)


def called(torch, name, operands, layout, arguments, differentiates):
    """The result of a method, and of a sweep where it has one; or the class of what it raises."""
    tensors = [LAYOUTS[layout](torch.from_numpy(one.copy())) for one in operands]
    for one in tensors:
        if differentiates and one.is_floating_point():
            one.requires_grad_()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = getattr(torch, name)(*tensors, *arguments) if hasattr(torch, name) else \
                getattr(tensors[0], name)(*tensors[1:], *arguments)
        found = list(result) if isinstance(result, (tuple, list)) else [result]
        if any(one.requires_grad for one in found):
            sum((one * 1.5).sum() for one in found if one.requires_grad).backward()
    except Exception as error:
        return type(error)
    return found, [None if one.grad is None else one.grad + 0 for one in tensors]


def assert_same_refusal(actual, expected):
    """What PyTorch refuses raises its class of exception, or one that counts as it."""
    assert isinstance(actual, type) and isinstance(expected, type), (actual, expected)
    assert issubclass(actual, expected), (actual, expected)


def compare(torch, reference, name, operands, layout, arguments=(), differentiates=True):
    """Both libraries do the same."""
    if not (hasattr(torch, name) or hasattr(torch.Tensor, name)):
        pytest.fail(f"{name} is not there")
    actual = called(torch, name, operands, layout, arguments, differentiates)
    expected = called(reference, name, operands, layout, arguments, differentiates)
    half = any(one.dtype == np.float16 for one in operands)
    if isinstance(expected, type) or isinstance(actual, type):
        assert_same_refusal(actual, expected)
    else:
        assert_same(actual, expected, rtol=2e-2 if half else 2e-5, atol=2e-2 if half else 1e-5)


@pytest.mark.parametrize("name", UNARY)
def test_elementwise(torch, reference, name):
    """Functions of one tensor."""
    @EXAMPLES
    @hypothesis.given(array=arrays(), layout=st.sampled_from(sorted(LAYOUTS)))
    def check(array, layout):
        compare(torch, reference, name, [array], layout)

    check()


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(torch, reference, name):
    """Functions of two tensors, which may broadcast or not fit."""
    @EXAMPLES
    @hypothesis.given(data=st.data(), layout=st.sampled_from(sorted(LAYOUTS)))
    def check(data, layout):
        a = data.draw(arrays())
        fitting = st.sampled_from([a.shape, a.shape[1:], (1,) * a.ndim])
        b = data.draw(arrays(shape=data.draw(fitting)) if data.draw(st.booleans()) else arrays())
        compare(torch, reference, name, [a, b], layout, (), name not in NOT_DIFFERENTIABLE)

    check()


@pytest.mark.parametrize("name", OVER_DIMS)
def test_over_a_dimension(torch, reference, name):
    """Reductions, scans and others that take a dimension, which may not be there."""
    @EXAMPLES
    @hypothesis.given(array=arrays(FLOATS if "softmax" in name else DTYPES,
                                   has_nan=name != "cumprod"),
                      layout=st.sampled_from(sorted(LAYOUTS)), dim=dims)
    def check(array, layout, dim):
        # Where the dtype is wrong too, or nothing is there, other things are looked at first.
        limit = max(array.ndim + (layout == "expanded"), 1)
        if array.dtype.kind != "f" or not array.size:
            dim = dim % limit
        arguments = () if name == "msort" else (dim,)
        compare(torch, reference, name, [array], layout, arguments, array.size < 100)

    check()


@pytest.mark.parametrize(("name", "arguments"), SHAPING, ids=[name for name, _ in SHAPING])
def test_shapes_and_views(torch, reference, name, arguments):
    """Functions of shape, with arguments that may not fit."""
    unpacked = name not in ("reshape", "permute", "repeat", "expand", "tile")

    @EXAMPLES
    @hypothesis.given(array=arrays(), layout=st.sampled_from(sorted(LAYOUTS)), given=arguments)
    def check(array, layout, given):
        one = tuple(given) if unpacked else (tuple(given),)
        compare(torch, reference, name, [array], layout, one)

    check()


@pytest.mark.parametrize("name", ["index_select", "gather", "masked_select", "matmul"])
def test_indices_and_products(torch, reference, name):
    """Indices within and out of bounds; products of all numbers of dimensions."""
    @EXAMPLES
    @hypothesis.given(data=st.data(), layout=st.sampled_from(["plain", "stepped", "offset"]))
    def check(data, layout):
        a = data.draw(arrays(["float32", "float64", "int64"]))
        hypothesis.assume(a.size)
        if name == "matmul":
            b = data.draw(arrays([str(a.dtype)], data.draw(shapes)))
            compare(torch, reference, name, [a, b], "plain")
        elif name == "masked_select":
            compare(torch, reference, name, [a, data.draw(arrays(["bool"], a.shape))], layout)
        else:
            shape = a.shape if name == "gather" else (3,)
            index = np.asarray(data.draw(arrays(["int64"], shape)))
            dim = data.draw(dims) % max(a.ndim, 1)
            compare_indexed(torch, reference, name, a, index, dim)

    check()


def compare_indexed(torch, reference, name, array, index, dim):
    """The same for functions whose index comes last."""
    found = []
    for library in (torch, reference):
        x = library.from_numpy(array.copy())
        try:
            found.append([getattr(library, name)(x, dim, library.from_numpy(index.copy()))])
        except Exception as error:
            found.append(type(error))
    if name == "index_select" and found[1] in (IndexError, RuntimeError):
        assert found[0] in (IndexError, RuntimeError)  # which one depends on PyTorch's way through
    elif isinstance(found[0], type) or isinstance(found[1], type):
        assert_same_refusal(*found)
    else:
        assert_same(found[0], found[1])
