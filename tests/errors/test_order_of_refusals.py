"""Where a call is wrong in several ways, PyTorch's first complaint is ours."""

import pytest
from beside import assert_alike

DTYPES = ["int64", "float32", "bool", "float16"]
BITS = ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"]
OTHERS = ["gcd", "lcm", "hypot", "nextafter", "heaviside", "fmod", "remainder", "logaddexp"]


@pytest.mark.parametrize("out", [None, "bool", "int64"])
@pytest.mark.parametrize("other", DTYPES)
@pytest.mark.parametrize("name", BITS + OTHERS)
def test_dtypes(torch, reference, name, other, out):
    """The dtype of ``out`` is refused before that of the operands."""
    written = f", out=torch.ones(2, dtype=torch.{out})" if out else ""
    for dtype in DTYPES:
        assert_alike(
            f"torch.{name}(torch.ones(2, dtype=torch.{dtype}), "
            f"torch.ones(2, dtype=torch.{other}){written})", torch, reference)


@pytest.mark.parametrize("other", DTYPES)
@pytest.mark.parametrize("name", BITS + OTHERS)
def test_sizes(torch, reference, name, other):
    """Sizes that do not fit are refused before dtypes, in place too."""
    for dtype in DTYPES:
        a, b = (f"torch.ones({n}, dtype=torch.{kind})" for n, kind in ((2, dtype), (3, other)))
        assert_alike(f"torch.{name}({a}, {b})", torch, reference)
        assert_alike(f"{a}.{name}_({b})", torch, reference)


WITHOUT_DERIVATIVE = [
    "all(x)", "any(x)", "argmax(x)", "argmin(x, 1)", "bitwise_and(x, x)", "bucketize(x, v)",
    "eq(x, x)", "gcd(x, x)", "greater(x, 1)", "histc(x)", "isin(x, x)", "isneginf(x)",
    "logical_not(x)", "logical_or(x, x)", "lt(x, 2)", "multinomial(x, 1)", "not_equal(x, x)",
    "searchsorted(v, x)", "signbit(x)", "isnan(x)",
]  # fmt: skip
REFUSED_INSIDE = [
    "column_stack([x, x])", "diff(x)", "dstack([x, x])",
    "frobenius_norm(x, 1)", "hstack([x, x])", "msort(x)", "nanmean(x)", "special.entr(x)",
    "special.i1(x)", "special.ndtr(x)", "special.zeta(x, x)", "square(x)",
    "take_along_dim(x, x.long(), 0)", "vstack([x, x])",
]  # fmt: skip


@pytest.mark.parametrize("call", WITHOUT_DERIVATIVE + REFUSED_INSIDE)
@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_gradients(torch, reference, call):
    """``out=`` is refused for a gradient by the function inside that has a derivative."""
    dtype = "bool" if call.startswith(("all", "any", "eq", "gr", "is", "lo", "lt", "no", "si")) \
        else "int64" if call.startswith(("arg", "buc", "mul", "sea")) else "float32"
    assert_alike(
        "x, v = torch.eye(2).add(0.25).requires_grad_(), torch.ones(2, requires_grad=True)\n"
        f"torch.{call[:-1]}, out=torch.empty(0, dtype=torch.{dtype}))", torch, reference)


@pytest.mark.parametrize("call", [
    "torch.tensor(1).bitwise_and_(torch.ones(4))", "torch.tensor(1.0).lcm_(torch.ones(2).int())",
    "torch.tensor(3).fmod_(torch.tensor([0, 1]))", "torch.tensor(4).igamma_(torch.tensor([1, 2]))",
    "torch.tensor(-5).floor_divide_(torch.tensor([0, 2]))",
    "torch.ones(3).long().remainder_(torch.zeros(2, 3).long())",
    "torch.ones(3).long().div_(torch.zeros(2, 3).long(), rounding_mode='floor')",
])  # fmt: skip
def test_size_of_what_is_written(torch, reference, call):
    """A target that is too small is refused before dtypes, kernels and divisors."""
    assert_alike(call, torch, reference)


@pytest.mark.parametrize("out", DTYPES)
@pytest.mark.parametrize("name", ["max", "min"])
def test_out_of_two_tensors(torch, reference, name, out):
    """The larger of two tensors is cast to ``out``, the largest of one is not."""
    for dtype in DTYPES:
        x = f"x = torch.ones(2, dtype=torch.{dtype}); out = torch.zeros(2, dtype=torch.{out})"
        assert_alike(f"{x}; torch.{name}(x, x, out=out)", torch, reference)
