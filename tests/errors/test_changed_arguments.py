"""Working calls with one argument changed to another kind, size or dtype, beside PyTorch.

``changed_arguments.txt`` holds them, a line each; ``beside.py`` says what alike means.
"""

from pathlib import Path

import pytest
from beside import assert_alike

SETUP = """
F = torch.nn.functional
x, v = torch.arange(1, 13.0).view(3, 4), torch.arange(1.0, 6)
z, A = torch.arange(1, 17.0).view(1, 1, 4, 4), torch.tensor([[2.0, 1.0], [1.0, 3.0]])
e, s, d0, l0 = torch.empty(0), torch.tensor(1.5), torch.tensor(1.0).double(), torch.tensor(1)
b0, i1, f1 = torch.tensor(True), torch.tensor([1]), torch.tensor([1.0])
x_g = x.clone().requires_grad_()
"""
LINES = Path(__file__).with_name("changed_arguments.txt").read_text(encoding="utf-8").splitlines()
CALLS = [line for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize("call", CALLS)
def test_a_changed_argument(torch, reference, call):
    """The result is PyTorch's, or class and text of the refusal are."""
    assert_alike(f"{SETUP}{call}", torch, reference)
