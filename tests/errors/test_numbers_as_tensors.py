"""Where PyTorch takes a number, a tensor without dimensions does; and forms by position or rest."""

import pytest
from beside import assert_alike

CALLS = [
    "x = torch.ones(2); torch.subtract(x, 2, 3)",
    "x = torch.ones(2); x.subtract(2, 3)",
    "x = torch.ones(2); x.subtract_(2, 3)",
    "x = torch.ones(2); torch.rsub(x, 2, 3)",
    "x = torch.ones(2); torch.rsub(x, 2, torch.tensor(3))",
    "x = torch.ones(2); x.rsub(x)",
    "x = torch.ones(2); torch.sub(x, torch.tensor(2), 3)",
    "x = torch.ones(2); torch.subtract(x, 2, torch.tensor(3.5))",
    "x = torch.ones(2); torch.add(x, x, alpha=torch.tensor(3.5))",
    "x = torch.ones(2); torch.add(x, x, alpha=torch.ones(1))",
    "x = torch.ones(2); torch.add(x, x, alpha=torch.tensor(3., requires_grad=True))",
    "x = torch.ones(2); torch.sub(x, 2, 3, alpha=2)",
    "x = torch.ones(2, dtype=torch.int64); torch.subtract(x, 2, 2.5)",
    "x = torch.ones(2, 2); torch.addmm(x, x, x, beta=torch.tensor(2), alpha=torch.tensor(3.5))",
    "x = torch.ones(2, 2); torch.addmm(x, x, x, beta=torch.tensor(2, dtype=torch.int8))",
    "x = torch.ones(2, 2, dtype=torch.int64); torch.addmm(x, x, x, alpha=torch.tensor(2.5))",
    "x = torch.ones(2); torch.lerp(x, x * 2, torch.tensor(2))",
    "x = torch.ones(2); x.lerp_(x * 2, torch.tensor(2, dtype=torch.float64))",
    "x = torch.ones(2); torch.lerp(x, x * 2, torch.tensor([2]))",
    "torch.bernoulli(torch.ones(20), torch.tensor(0.5))",
    "torch.bernoulli(torch.ones(2), torch.tensor([0.5, 0.5]))",
    "torch.native_dropout(torch.ones(20), torch.tensor(0.5), True)",
    "torch.cdist(torch.eye(2), torch.ones(2, 2), torch.tensor(0.5))",
    "torch.rrelu(-torch.ones(2), torch.tensor(0.5), torch.tensor(1))",
    "torch.tril_indices(2, 2, torch.tensor(1))",
    "torch.triu_indices(torch.tensor(2), 3, torch.tensor(1), pin_memory=False)",
    "torch.triu_indices(2, 2, requires_grad=True)",
    "torch.ldexp(torch.ones(2) * 2**-140, torch.tensor([130, 260]))",
    "torch.ldexp(torch.ones(2, dtype=torch.float16), torch.tensor([1, 2]))",
    "torch.ldexp(torch.ones(2), torch.tensor([2**40, -2**35]))",
    "torch.ldexp(torch.ones(2), torch.tensor([True, False]))",
    "x = torch.ones(1, 1, 3); x.squeeze(0, 1)",
    "x = torch.ones(1, 1, 3); x.squeeze_(0, 1)",
    "x = torch.ones(1, 1, 3); torch.squeeze(x, 0, 1)",
    "x = torch.ones(1, 1, 3); x.count_nonzero(0, 1)",
    "x = torch.ones(1, 1, 3); x.broadcast_to(2, 1, 3)",
    "torch.bernoulli(torch.ones(2), p=0.5, out=torch.ones(2))",
    "torch.bernoulli(torch.ones(2), out=torch.ones(2), p=0.5)",
]


@pytest.mark.parametrize("code", CALLS)
def test_numbers(torch, reference, code):
    """What stands for a number is one, and what does not is refused."""
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("swap", [False, True])
def test_an_alpha_in_the_middle_is_deprecated(torch, reference, swap):
    """``sub(input, alpha, other)`` is carried out."""
    assert_alike("x = torch.ones(2); x.sub(2, x * 3)" if swap else
                 "x = torch.ones(2); torch.sub(x, 2, 3)", torch, reference)
