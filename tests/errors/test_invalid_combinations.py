"""Functions of several forms given arguments that fit none: the text that lists the forms."""

import pytest
from beside import assert_alike

CALLS = [
    "torch.where(torch.ones(2) > 0, 'a', 1)",
    "torch.where(torch.ones(2) > 0, [1], [2])",
    "torch.where(torch.ones(2) > 0, 1, (2, 'a'))",
    "torch.clamp(torch.ones(2), 'a')",
    "torch.clamp(torch.ones(2), [1], 2)",
    "torch.clamp(torch.ones(2), torch.ones(2), 2)",
    "torch.clamp_min(torch.ones(2), 'a')",
    "torch.clamp_max(torch.ones(2), [1])",
    "torch.xlogy(torch.ones(2), 'a')",
    "torch.xlogy('a', torch.ones(2))",
    "torch.copysign(torch.ones(2), 'a')",
    "torch.copysign(1, torch.ones(2))",
    "torch.lerp(torch.ones(2), torch.ones(2), 'a')",
    "torch.rsub(torch.ones(2), 'a')",
    "torch.rsub(torch.ones(2), [1])",
]


@pytest.mark.parametrize("call", CALLS)
def test_all_forms_are_listed(torch, reference, call):
    """Class and text are PyTorch's, which say what was given and what each form takes."""
    assert_alike(call, torch, reference)
