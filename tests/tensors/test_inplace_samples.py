"""In-place forms: printed as PyTorch prints it."""

import pytest
from support import evaluate

SAMPLES = [
    ("x = torch.tensor([1.0, 2.0]); x.add_(1) is x, x", "(True, tensor([2., 3.]))"),
    ("x = torch.tensor([1.0, 2.0]); x.add_(torch.tensor([1, 2]), alpha=2)", "tensor([3., 6.])"),
    ("x = torch.tensor([1.0, 2.0]); x.sub_(1)", "tensor([0., 1.])"),
    ("x = torch.tensor([1.0, 2.0]); x.mul_(3)", "tensor([3., 6.])"),
    ("x = torch.tensor([1.0, 2.0]); x.div_(2)", "tensor([0.5000, 1.0000])"),
    ("x = torch.tensor([1.0, 2.0]); x.pow_(2)", "tensor([1., 4.])"),
    ("x = torch.tensor([1.0, -2.0]); x.neg_()", "tensor([-1.,  2.])"),
    ("x = torch.tensor([1.0, -2.0]); x.abs_()", "tensor([1., 2.])"),
    ("x = torch.tensor([0.0, 1.0]); x.exp_()", "tensor([1.0000, 2.7183])"),
    ("x = torch.tensor([1.0, 1.0]); x.log_()", "tensor([0., 0.])"),
    ("x = torch.tensor([4.0, 9.0]); x.sqrt_()", "tensor([2., 3.])"),
    ("x = torch.tensor([0.0, 1.0]); x.tanh_()", "tensor([0.0000, 0.7616])"),
    ("x = torch.tensor([0.0, 1.0]); x.sigmoid_()", "tensor([0.5000, 0.7311])"),
    ("x = torch.tensor([-1.0, 1.0]); x.relu_()", "tensor([0., 1.])"),
    ("x = torch.tensor([-1.0, 3.0]); x.clamp_(0, 1)", "tensor([0., 1.])"),
    ("x = torch.tensor([1.0, 2.0]); x.zero_()", "tensor([0., 0.])"),
    ("x = torch.tensor([1.0, 2.0]); x.fill_(7)", "tensor([7., 7.])"),
    ("x = torch.tensor([1, 2]); x.fill_(7.9)", "tensor([7, 7])"),
    ("x = torch.tensor([1.0, 2.0]); x.copy_(torch.tensor([3, 4]))", "tensor([3., 4.])"),
    ("x = torch.tensor([1, 2]); x.copy_(torch.tensor([3.9, 4.9]))", "tensor([3, 4])"),
    ("x = torch.zeros(2, 2); x.copy_(torch.tensor([1.0, 2.0]))",
     "tensor([[1., 2.],\n        [1., 2.]])"),
    ("x = torch.tensor([1.0, 2.0]); x += 1; x", "tensor([2., 3.])"),
    ("x = torch.tensor([1.0, 2.0]); x -= torch.tensor([1.0, 1.0]); x", "tensor([0., 1.])"),
    ("x = torch.tensor([1.0, 2.0]); x *= 2; x", "tensor([2., 4.])"),
    ("x = torch.tensor([1.0, 2.0]); x /= 2; x", "tensor([0.5000, 1.0000])"),
    ("x = torch.tensor([5.0, 7.0]); x //= 2; x", "tensor([2., 3.])"),
    ("x = torch.tensor([5.0, 7.0]); x %= 3; x", "tensor([2., 1.])"),
    ("x = torch.tensor([5.0, 7.0]); x **= 2; x", "tensor([25., 49.])"),
    ("x = torch.tensor([1, 2]); x += 1; x", "tensor([2, 3])"),
    ("x = torch.tensor([1, 2]); x *= torch.tensor([2, 3], dtype=torch.int8); x", "tensor([2, 6])"),
    ("x = torch.tensor([1], dtype=torch.int8); x += 200; x", "tensor([-55], dtype=torch.int8)"),
    ("x = torch.tensor([1.0]); y = x; x += 1; y", "tensor([2.])"),
    ("x = torch.tensor([1.0]); x.requires_grad_(); x", "tensor([1.], requires_grad=True)"),
    ("x = torch.zeros(3); x.uniform_().shape", "torch.Size([3])"),
    ("x = torch.zeros(2); x.normal_(); x", "tensor([ 1.5410, -0.2934])"),
    ("x = torch.zeros(4); x.bernoulli_(0.5); x", "tensor([0., 0., 1., 0.])"),
    ("x = torch.zeros(3); x.uniform_(-1, 1); x", "tensor([-0.0075,  0.5364, -0.8230])"),
    ("x = torch.arange(4.0); x.add_(x); x", "tensor([0., 2., 4., 6.])"),
    ("x = torch.arange(4.0); x[::2].mul_(10); x", "tensor([ 0.,  1., 20.,  3.])"),
    ("x = torch.arange(6.0).reshape(2, 3); x.t().add_(torch.arange(3.0)[:, None]); x",
     "tensor([[0., 2., 4.],\n        [3., 5., 7.]])"),
    ("x = torch.ones(2, requires_grad=True) * 2; x.add_(1)",
     "tensor([3., 3.], grad_fn=<AddBackward0>)"),
    ("x = torch.ones(2, requires_grad=True) * 2; x.mul_(x)",
     "tensor([4., 4.], grad_fn=<MulBackward0>)"),
    ("x = torch.tensor([1, 2], dtype=torch.int8); y = x; x <<= torch.tensor([1, 2]); y",
     "tensor([2, 8], dtype=torch.int8)"),
    ("x = torch.tensor([-8, 8]); y = x; x >>= 1; y", "tensor([-4,  4])"),
    ("(torch.ones(1, requires_grad=True) * 2).conj_physical_()",
     "tensor([2.], grad_fn=<ConjPhysicalBackward1>)"),
    ("x = torch.tensor([1.0, 4.0]); torch.sqrt_(x); x", "tensor([1., 2.])"),
    ("x = torch.ones(2); torch.zero_(x); x", "tensor([0., 0.])"),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_inplace(torch, code, printed):
    """The tensor holds this afterwards and is itself the result."""
    assert repr(evaluate(code, torch)) == printed
