"""Several operations in one pass: PyTorch's bits, in place too, on every instruction set."""

from types import ModuleType

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors, record_launches

BASELINE, AVX2, AVX512 = range(3)
CALLS = [
    "torch.add(a, b, alpha=0.3)", "torch.sub(a, b, alpha=-1.7)", "a.add_(b, alpha=3)",
    "a.sub_(b, alpha=0.1)", "torch.addcmul(a, b, c)", "torch.addcmul(a, b, c, value=0.3)",
    "a.addcmul_(b, c, value=-2)", "torch.addcdiv(a, b, c.abs() + 1, value=0.3)",
    "a.addcdiv_(b, c.abs() + 1)", "torch.lerp(a, b, 0.3)", "torch.lerp(a, b, 0.7)",
    "torch.lerp(a, b, c)", "a.lerp_(b, 1e-3)", "a.rsqrt()", "a.reciprocal()", "a.frac()",
    "a.frac_()", "torch.nan_to_num(a / 0)", "a.clamp(-0.5, 0.5)", "a.clamp(min=b, max=c)",
    "torch.nn.functional.prelu(a, torch.tensor([0.25], dtype=a.dtype))", "torch.logical_not(a)",
    "torch.sign(a)", "torch.maximum(a, b)", "a.clamp_min(0.25)", "a.clamp_max(-0.25)",
    "torch.add(a, b[0], alpha=0.5)", "torch.addcmul(a, b[:1], c, value=0.5)",
    "torch.copysign(a, b)", "torch.copysign(a, -2)", "torch.copysign(a[:, ::2], -b[:, ::2])",
    "a ** 2", "a ** 3", "a ** -2",
    "torch.nn.functional.mse_loss(a, b, reduction='none')",
]  # fmt: skip


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def evaluated(call: str, library: ModuleType, dtype: str, n: int = 1003) -> np.ndarray:
    random = np.random.RandomState(0)
    names = {"torch": library} | {
        name: library.from_numpy(random.normal(size=(3, n)).astype(dtype)) for name in "abc"
    }
    return eval(call, names).numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", CALLS)
def test_to_the_last_bit(torch: ModuleType, reference: ModuleType, call: str, dtype: str) -> None:
    """The numbers are PyTorch's, where it rounds a product with the sum that it goes into too."""
    found, expected = (evaluated(call, one, dtype) for one in (torch, reference))

    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_gradients_of_squared_errors(
    torch: ModuleType, reference: ModuleType, reduction: str, dtype: str
) -> None:
    """Those of both operands are PyTorch's to the last bit, those of second order near."""
    first, second = [], []
    for library in (torch, reference):
        random = np.random.RandomState(0)
        x, y, g = (library.from_numpy(random.normal(size=777).astype(dtype)) for _ in range(3))
        pair = x.requires_grad_(), y.requires_grad_()
        loss = library.nn.functional.mse_loss(*pair, reduction=reduction)
        loss = loss * (g if reduction == "none" else g[0])
        slopes = library.autograd.grad(loss.sum(), pair, create_graph=True)
        bends = library.autograd.grad((slopes[0] * slopes[1] * g).sum(), pair)
        first.append([one.detach().numpy() for one in slopes])
        second.append([one.numpy() for one in bends])

    np.testing.assert_array_equal(*first)
    np.testing.assert_allclose(*second, rtol=1e-5)


def test_squared_errors_of_nothing(torch: ModuleType, reference: ModuleType) -> None:
    """Their mean is NaN, and its gradient has no elements."""
    for library in (torch, reference):
        x = library.zeros(0, 3, requires_grad=True)
        loss = library.nn.functional.mse_loss(x, library.zeros(0, 3))
        loss.backward()

        assert loss.isnan()
        assert x.grad.shape == (0, 3)


@pytest.mark.parametrize("level", [BASELINE, AVX2])
@pytest.mark.parametrize("call", CALLS)
def test_instruction_sets_agree(torch: ModuleType, call: str, level: int) -> None:
    """Plain C and AVX2 give the same bits as AVX-512."""
    expected = evaluated(call, torch, "float32")
    limit_vectors(level)

    np.testing.assert_array_equal(evaluated(call, torch, "float32"), expected)


@pytest.mark.parametrize("call", ["x.add_(y, alpha=0.5)", "x.addcmul_(y, y)", "x.lerp_(y, 0.5)",
                                  "x.rsqrt_()", "x.frac_()"])  # fmt: skip
def test_in_place_is_one_launch(torch: ModuleType, call: str) -> None:
    """Nothing is computed elsewhere and copied."""
    names = {"x": torch.rand(99), "y": torch.rand(99)}
    with record_launches() as log:
        eval(call, names)

    assert len(log) == 1


@pytest.mark.parametrize("call", [
    "torch.add(i, i, alpha=3)", "torch.add(a, i, alpha=3)", "torch.add(a, 2, alpha=0.5)",
    "torch.add(a, a.double(), alpha=0.5)", "torch.addcmul(i, i, i, value=2)",
    "torch.addcmul(a, i, a)", "torch.addcdiv(a, i, a + 9)", "torch.add(h, h, alpha=0.5)",
    "a.add_(i, alpha=2)", "a.add_(torch.ones(2, 2), alpha=2)", "i.add_(a, alpha=2)",
    "torch.add(a, torch.ones(2), alpha=2)", "a.add_(a[0], alpha=2)", "a.addcmul_(a[0], a[1:])",
    "a.lerp_(a[:1], 0.5)",
])  # fmt: skip
def test_other_operands_go_the_general_way(
    torch: ModuleType, reference: ModuleType, call: str
) -> None:
    """Integers, halves, numbers, mixtures and parts give what PyTorch gives, or its refusal."""
    from beside import assert_alike

    code = f"a, i = torch.arange(3.0), torch.arange(3)\nh = a.half()\n{call}"
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("call", [call for call in CALLS[:13] if call.startswith("torch.")])
def test_derivatives(torch: ModuleType, call: str) -> None:
    """Both derivatives agree with differences."""
    random = np.random.RandomState(1)
    inputs = [torch.from_numpy(random.uniform(0.5, 2, 4)).requires_grad_() for _ in range(3)]

    def function(a, b, c):
        return eval(call, {"torch": torch, "a": a, "b": b, "c": c})

    assert torch.autograd.gradcheck(function, inputs)
    assert torch.autograd.gradgradcheck(function, inputs)


@pytest.mark.parametrize("low, high", [(-1, 1), (1, -1), (np.nan, 1), (-1, np.nan)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_bounds_as_numbers_and_as_arrays(dtype: str, low: float, high: float) -> None:
    """Whether bounds are read once or for each element makes no difference."""
    if dtype[0] != "f" and (low != low or high != high or dtype == "uint8"):
        low, high = 3, 7
    x = np.arange(-300, 301).astype(dtype)
    once, each = np.empty_like(x), np.empty_like(x)
    lows, highs = np.full(601, low, dtype), np.full(601, high, dtype)

    OURS["clamp"](x, lows[:1].reshape(()), highs[:1].reshape(()), once)
    OURS["clamp"](x, lows, highs, each)

    np.testing.assert_array_equal(once, each)
