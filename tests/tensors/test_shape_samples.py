"""Shapes and views: printed as PyTorch prints it."""

import pytest
from beside import assert_alike
from support import evaluate

SAMPLES = [
    ("torch.arange(6).view(2, 3)", "tensor([[0, 1, 2],\n        [3, 4, 5]])"),
    ("torch.arange(6).view(-1, 2)", "tensor([[0, 1],\n        [2, 3],\n        [4, 5]])"),
    ("torch.arange(6).view((3, -1))", "tensor([[0, 1],\n        [2, 3],\n        [4, 5]])"),
    ("torch.arange(6).view(2, 3).view(6)", "tensor([0, 1, 2, 3, 4, 5])"),
    ("torch.arange(6).view(torch.Size([2, 3])).stride()", "(3, 1)"),
    ("torch.arange(6).reshape(2, 3).t()", "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"),
    ("torch.arange(6).reshape(2, 3).T.stride()", "(1, 3)"),
    ("torch.arange(6).reshape(2, 3).t().is_contiguous()", "False"),
    ("torch.arange(6).reshape(2, 3).t().contiguous().stride()", "(2, 1)"),
    ("torch.arange(6).reshape(2, 3).t().reshape(6)", "tensor([0, 3, 1, 4, 2, 5])"),
    ("torch.arange(6).reshape(2, 3).t().reshape(3, 2).stride()", "(1, 3)"),
    ("torch.arange(3).t()", "tensor([0, 1, 2])"),
    ("torch.arange(24).reshape(2, 3, 4).transpose(0, 2).shape", "torch.Size([4, 3, 2])"),
    ("torch.arange(24).reshape(2, 3, 4).transpose(-1, -2).stride()", "(12, 1, 4)"),
    ("torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1).stride()", "(1, 12, 4)"),
    ("torch.arange(24).reshape(2, 3, 4).permute((1, 0, 2)).shape", "torch.Size([3, 2, 4])"),
    ("torch.arange(24).reshape(2, 3, 4).permute(-1, 0, 1)[0]",
     "tensor([[ 0,  4,  8],\n        [12, 16, 20]])"),
    ("torch.permute(torch.ones(2, 3), (1, 0)).shape", "torch.Size([3, 2])"),
    ("torch.ones(2, 1, 3, 1).squeeze().shape", "torch.Size([2, 3])"),
    ("torch.ones(2, 1, 3, 1).squeeze(1).shape", "torch.Size([2, 3, 1])"),
    ("torch.ones(2, 1, 3, 1).squeeze(0).shape", "torch.Size([2, 1, 3, 1])"),
    ("torch.ones(2, 1, 3, 1).squeeze(-1).shape", "torch.Size([2, 1, 3])"),
    ("torch.ones(2, 3).unsqueeze(0).shape", "torch.Size([1, 2, 3])"),
    ("torch.ones(2, 3).unsqueeze(-1).stride()", "(3, 1, 1)"),
    ("torch.tensor(3).unsqueeze(0)", "tensor([3])"),
    ("torch.ones(2, 3, 4).flatten().shape", "torch.Size([24])"),
    ("torch.ones(2, 3, 4).flatten(1).shape", "torch.Size([2, 12])"),
    ("torch.ones(2, 3, 4).flatten(0, 1).shape", "torch.Size([6, 4])"),
    ("torch.tensor(3).flatten()", "tensor([3])"),
    ("torch.arange(3).expand(2, 3)", "tensor([[0, 1, 2],\n        [0, 1, 2]])"),
    ("torch.arange(3).expand(2, 3).stride()", "(0, 1)"),
    ("torch.ones(2, 1).expand(-1, 3).stride()", "(1, 0)"),
    ("torch.ones(1).expand(0).shape", "torch.Size([0])"),
    ("torch.ones(2, 1).expand_as(torch.ones(2, 3)).shape", "torch.Size([2, 3])"),
    ("torch.arange(6).reshape(2, 3).unbind()", "(tensor([0, 1, 2]), tensor([3, 4, 5]))"),
    ("torch.arange(6).reshape(2, 3).unbind(1)",
     "(tensor([0, 3]), tensor([1, 4]), tensor([2, 5]))"),
    ("torch.arange(5).split(2)", "(tensor([0, 1]), tensor([2, 3]), tensor([4]))"),
    ("torch.arange(5).split([1, 4])", "(tensor([0]), tensor([1, 2, 3, 4]))"),
    ("torch.arange(6).reshape(2, 3).split(2, dim=1)",
     "(tensor([[0, 1],\n        [3, 4]]), tensor([[2],\n        [5]]))"),
    ("torch.arange(5).chunk(2)", "(tensor([0, 1, 2]), tensor([3, 4]))"),
    ("torch.arange(5).chunk(4)", "(tensor([0, 1]), tensor([2, 3]), tensor([4]))"),
    ("torch.split(torch.arange(4), 2)", "(tensor([0, 1]), tensor([2, 3]))"),
    ("torch.cat([torch.arange(2), torch.arange(3)])", "tensor([0, 1, 0, 1, 2])"),
    ("torch.cat([torch.ones(1, 2), torch.zeros(2, 2)])",
     "tensor([[1., 1.],\n        [0., 0.],\n        [0., 0.]])"),
    ("torch.cat((torch.ones(2, 1), torch.zeros(2, 2)), dim=1)",
     "tensor([[1., 0., 0.],\n        [1., 0., 0.]])"),
    ("torch.cat([torch.ones(2, 1), torch.zeros(2, 2)], -1)",
     "tensor([[1., 0., 0.],\n        [1., 0., 0.]])"),
    ("torch.cat([torch.tensor([1]), torch.tensor([2.5])])", "tensor([1.0000, 2.5000])"),
    ("torch.cat([torch.tensor([True]), torch.tensor([2])])", "tensor([1, 2])"),
    ("torch.cat([torch.tensor([1], dtype=torch.int8), torch.tensor([2], dtype=torch.int16)])",
     "tensor([1, 2], dtype=torch.int16)"),
    ("torch.cat([torch.ones(0), torch.ones(2, 2)])", "tensor([[1., 1.],\n        [1., 1.]])"),
    ("torch.cat([torch.ones(0, 2), torch.ones(1, 2)])", "tensor([[1., 1.]])"),
    ("torch.stack([torch.arange(2), torch.arange(2)])", "tensor([[0, 1],\n        [0, 1]])"),
    ("torch.stack([torch.arange(2), torch.arange(2)], dim=1)",
     "tensor([[0, 0],\n        [1, 1]])"),
    ("torch.stack([torch.arange(2), torch.arange(2)], -1)", "tensor([[0, 0],\n        [1, 1]])"),
    ("torch.stack([torch.tensor(1.0), torch.tensor(2)])", "tensor([1., 2.])"),
    ("torch.arange(6).reshape(2, 3).select(1, 0)", "tensor([0, 3])"),
    ("torch.ones(2, 3).stride()", "(3, 1)"),
    ("torch.ones(2, 3).stride(0)", "3"),
    ("torch.ones(2, 0, 3).stride()", "(3, 3, 1)"),
    ("torch.ones(()).stride()", "()"),
    ("torch.arange(6)[2:].storage_offset()", "2"),
    ("torch.ones(2, 3).is_contiguous()", "True"),
    ("torch.ones(3, 2)[:, 0].is_contiguous()", "False"),
    ("torch.ones(1, 3)[:, :2].is_contiguous()", "True"),
    ("torch.ones(2, 3, requires_grad=True).view(6)",
     "tensor([1., 1., 1., 1., 1., 1.], grad_fn=<ViewBackward0>)"),
    ("torch.ones(2, 3, requires_grad=True).T",
     "tensor([[1., 1.],\n        [1., 1.],\n        [1., 1.]], grad_fn=<PermuteBackward0>)"),
    ("torch.ones(2, requires_grad=True).expand(2, 2)",
     "tensor([[1., 1.],\n        [1., 1.]], grad_fn=<ExpandBackward0>)"),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_shape(torch, code, printed):
    """Values, shapes and strides are these."""
    assert repr(evaluate(code, torch)) == printed


@pytest.mark.parametrize("call", [
    "torch.cat([x, e], 1)", "torch.cat([e, x], 2)", "torch.cat([e, e], 1)", "torch.cat([e], -2)",
    "torch.cat([e, x], 3)", "torch.cat([e, torch.ones(0, 2)], 1)", "torch.cat([e.int(), e], 5)",
    "torch.cat([e, torch.tensor(1.0)])",
])  # fmt: skip
def test_joined_with_nothing(torch, reference, call):
    """An empty tensor of one dimension fits anywhere."""
    assert_alike(f"x, e = torch.ones(4, 3, 2), torch.ones(0); {call}", torch, reference)
