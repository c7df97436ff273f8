"""NumPy's scalars where a number is wanted, as PyTorch takes them: a bool counts as a float."""

import itertools

import pytest
from beside import assert_alike

NUMBERS = [
    "np.int64(2)", "np.uint8(3)", "np.float32(-1.25)", "np.float64(0.5)", "np.float16(1.5)",
    "np.bool_(True)", "torch.tensor(2)", "torch.tensor(-1.25)",
]  # fmt: skip
DTYPES = ["torch.bool", "torch.uint8", "torch.int64", "torch.float16", "torch.float64"]
CALLS = [
    "x + {}", "{} - x.float()", "x * {}", "x / {}", "x // {}", "x % {}", "x & {}", "x < {}",
    "torch.add(x, x, alpha={})", "x.sub(x.float(), alpha={})", "torch.rsub(x, {})",
    "torch.div(x, {}, rounding_mode='floor')", "torch.remainder(x, {})", "torch.pow(x, {})",
    "torch.pow({}, x)", "torch.float_power(x, {})", "torch.clamp(x, {})", "torch.clamp_max(x, {})",
    "x.add_({})", "x.mul_({})", "x.remainder_({})", "x.bitwise_or_({})", "x.clamp_min_({})",
    "x.fill_({})", "torch.full((2,), {})", "x.new_full((2,), {})", "torch.where(x > 0, x, {})",
    "x.masked_fill(x > 0, {})", "x.index_fill(0, torch.tensor([1]), {})", "torch.sum(x, {})",
    "torch.amax(x, dim={})", "x.unsqueeze({})", "x.sum(0, keepdim={})", "torch.arange(0, {})",
    "torch.nn.functional.hardtanh(x, {}, 3)", "torch.nn.functional.threshold(x, {}, 7)",
    "torch.nn.functional.softshrink(x, {})", "torch.nn.functional.elu(x, {})",
    "torch.linalg.vector_norm(x, {})", "torch.allclose(x, x, atol={})", "torch.histc(x, max={})",
    "torch.bincount(x.long().abs(), minlength={})", "torch.nn.functional.dropout(x, {}, False)",
    "torch.logspace(0, {}, 3)", "torch.cdist(x[None].double(), x[None].double(), {})",
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_numbers_of_numpy_and_tensors_without_dimensions(torch, reference, call):
    """Results and refusals are PyTorch's, whatever the kind of the number."""
    for number, dtype in itertools.product(NUMBERS, DTYPES):
        values = "[True, False]" if dtype == "torch.bool" else "[2, 5]"
        given = f"x = torch.tensor({values}, dtype={dtype})"

        assert_alike(f"{given}; {call.format(number)}", torch, reference)


@pytest.mark.parametrize("function", ["tensor", "as_tensor", "asarray", "ones(2).new_tensor"])
def test_data_keeps_the_dtype_of_a_scalar(torch, reference, function):
    """What reads data looks at the dtype of NumPy's scalars."""
    for number in NUMBERS[:6]:
        assert_alike(f"torch.{function}({number})", torch, reference)


@pytest.mark.parametrize("call", [
    "torch.max(x, torch.tensor(1), True)", "torch.min(x, torch.tensor(1), keepdim=True)",
    "torch.max(x, torch.tensor(1))", "torch.max(x, torch.tensor([1]), True)",
    "x.max(keepdim=True)", "torch.max(x, 1, 1)", "torch.max(x, torch.tensor(1.5), True)",
    "torch.nn.functional.embedding(torch.tensor([0]), x * 2, max_norm=torch.tensor(1.0))",
    "torch.nn.functional.batch_norm(x, x[0] * 1, x[0] * 2, momentum=torch.tensor(0.1))",
])  # fmt: skip
def test_tensors_as_arguments(torch, reference, call):
    """A tensor without dimensions is a dimension where something is kept, and a factor."""
    assert_alike(f"x = torch.arange(6.0).reshape(2, 3); {call}", torch, reference)


LEARNED = [
    "x.addcmul(x, x, value={})", "torch.add(x, x, alpha={})", "torch.full((2,), {})",
    "torch.arange({})", "torch.nn.functional.elu(x, {})", "torch.nn.functional.leaky_relu(x, {})",
    "torch.nn.functional.softplus(x, {})", "torch.nn.functional.threshold(x, {}, 0.0)",
    "torch.renorm(torch.ones(2, 2), {}, 0, 1.0)", "torch.linalg.vector_norm(x, {})",
    "torch.logit(x, {})", "torch.nan_to_num(x, {})", "x.uniform_({}, 3)", "x.normal_({}, 1.0)",
    "torch.addmm(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2, 2), beta={})",
    "torch.cdist(x[None], x[None], p={})", "torch.scalar_tensor({})", "x.clamp(min={})",
    "torch.linspace(0, {}, 3)", "torch.nn.functional.pad(x, (1, 1), value={})", "x + {}",
]


@pytest.mark.parametrize("call", LEARNED)
def test_a_tensor_whose_gradient_would_be_lost(torch, reference, call):
    """It may not stand for a number; without a gradient it may."""
    for number in ("torch.tensor(2.0, requires_grad=True)", "torch.tensor(2.0)"):
        assert_alike(f"x = torch.ones(4); y = {call.format(number)}; y.detach()", torch, reference)
