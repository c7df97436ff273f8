"""Copies of tensors: what `copy` shares and keeps, what `deepcopy` makes anew."""

import pytest
from beside import assert_alike

TENSORS = [
    "torch.arange(6.0).reshape(2, 3)", "torch.arange(6.0).reshape(2, 3).t()",
    "torch.arange(6.0)[::2]", "torch.arange(6)[1:]", "torch.tensor(2.5)", "torch.zeros(0, 3)",
    "torch.ones(3, requires_grad=True)", "torch.nn.Parameter(torch.ones(2))",
    "torch.nn.Parameter(torch.ones(2), requires_grad=False)", "torch.nn.Buffer(torch.ones(2))",
]  # fmt: skip
QUESTIONS = [
    "y = copy.copy(x); (type(y).__name__, y.requires_grad, y.data_ptr() == x.data_ptr())",
    "y = copy.copy(x); (y, y.stride(), y.storage_offset(), y.is_leaf, y.grad)",
    "x.note = [3]; copy.copy(x).note is x.note", "x.note = [3]; copy.deepcopy(x).note is x.note",
    "y = copy.deepcopy(x); (type(y).__name__, y.requires_grad, y.data_ptr() == x.data_ptr())",
    "y = copy.deepcopy(x); (y, y.stride(), y.storage_offset(), y.is_leaf)",
    "a, b = copy.deepcopy((x.detach(), x.detach()[...])); b.fill_(7); a",
    "a, b = copy.deepcopy((x.detach(), x.detach().view(x.shape))); b.fill_(7); a",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_copies(torch, reference, question):
    """Class, memory, strides and attributes are PyTorch's."""
    for tensor in TENSORS:
        assert_alike(f"import copy; x = {tensor}; {question}", torch, reference)


@pytest.mark.parametrize("code", [
    "x = torch.ones(3, requires_grad=True); "
    "torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(x))",
    "torch.ones(3).__dlpack__(foo=1)", "+torch.tensor([True])", "+torch.tensor([1])",
])  # fmt: skip
def test_edges(torch, reference, code):
    """A capsule drops the gradient where PyTorch's does; bools have no sign."""
    assert_alike(code, torch, reference)
