"""Numbers that a dtype cannot hold: wrapped, infinite or refused, as PyTorch does it."""

import pytest
from beside import assert_alike

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
NUMBERS = [
    "-1", "-1.25", "-0.5", "-129", "-256", "256", "255.5", "70000", "2**31", "2**63", "2**64",
    "-2**63 - 1", "1e6", "1e40", "nan", "inf",
]  # fmt: skip
FORMS = [
    "torch.full((2,), {}, dtype=torch.{})", "torch.tensor([{}], dtype=torch.{})",
    "torch.scalar_tensor({}, dtype=torch.{})",
    "number = {}; torch.zeros(2, dtype=torch.{}).fill_(number)",
    "number = {}; torch.zeros(2, dtype=torch.{}).masked_fill(torch.tensor([True, False]), number)",
    "number = {}; x = torch.zeros(2, dtype=torch.{}); x[0] = number; x",
    "number = {}; x = torch.zeros(2, dtype=torch.{}); x[:] = number; x",
    "number = {}; x = torch.zeros(2, dtype=torch.{}); x[torch.tensor([1])] = number; x",
]  # fmt: skip
SMALL_FORMS = [
    "number = {}; torch.clamp(torch.ones(2, dtype=torch.{}), max=number)",
    "number = {}; torch.clamp_min(torch.ones(2, dtype=torch.{}), number)",
    "number = {}; torch.ones(2, dtype=torch.{}).clamp_max_(number)",
    "number = {}; torch.where(torch.tensor([True]), torch.zeros(2, dtype=torch.{}), number)",
    "number = {}; x = torch.ones(2, dtype=torch.{}); torch.add(x, x, alpha=number)",
    "number = {}; x = torch.ones(2, dtype=torch.{}); torch.addcmul(x, x, x, value=number)",
    "number = {}; x = torch.eye(2).to(torch.{}); torch.addmm(x, x, x, beta=number)",
    "number = {}; torch.ones(2, dtype=torch.{}) << number",
    "number = {}; torch.linspace(0, number, 3, dtype=torch.{})",
    "number = {}; F = torch.nn.functional; F.pad(torch.ones(2).to(torch.{}), (1, 1), value=number)",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_a_number_becomes_an_element(torch, reference, form, dtype):
    """What stores a number refuses it in PyTorch's words, before anything is written."""
    for number in NUMBERS:
        assert_alike(form.format(number, dtype), torch, reference)


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("form", SMALL_FORMS)
def test_a_number_meets_tensors(torch, reference, form, dtype):
    """Factors and bounds are held by the dtype of the result, or refused."""
    for number in NUMBERS:
        if number not in ("2**63", "2**64", "-2**63 - 1", "1e40"):
            assert_alike(form.format(number, dtype), torch, reference)


@pytest.mark.parametrize("call", [
    "torch.cov(torch.eye(2), correction=1.0)", "torch.gradient(torch.ones(5), edge_order=1.0)",
    "torch.linalg.vecdot(torch.ones(3), torch.ones(3), dim=0.0)",
    "torch.cov(torch.eye(2), correction=np.int64(0))", "torch.searchsorted(torch.ones(2), 1)",
])  # fmt: skip
def test_arguments_by_name_alone(torch, reference, call):
    """What is declared a whole number refuses others where only a name can give it, too."""
    assert_alike(call, torch, reference)
