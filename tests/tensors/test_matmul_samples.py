"""Products of vectors, matrices and batches: printed as PyTorch prints it."""

import pytest
from support import evaluate

SAMPLES = [
    ("torch.tensor([1.0, 2.0]) @ torch.tensor([3.0, 4.0])", "tensor(11.)"),
    ("torch.tensor([1, 2]) @ torch.tensor([3, 4])", "tensor(11)"),
    ("torch.arange(6.0).reshape(2, 3) @ torch.arange(3.0)", "tensor([ 5., 14.])"),
    ("torch.arange(2.0) @ torch.arange(6.0).reshape(2, 3)", "tensor([3., 4., 5.])"),
    ("torch.arange(6.0).reshape(2, 3) @ torch.arange(6.0).reshape(3, 2)",
     "tensor([[10., 13.],\n        [28., 40.]])"),
    ("torch.arange(6).reshape(2, 3) @ torch.arange(6).reshape(3, 2)",
     "tensor([[10, 13],\n        [28, 40]])"),
    ("torch.arange(12.0).reshape(2, 2, 3) @ torch.arange(3.0)",
     "tensor([[ 5., 14.],\n        [23., 32.]])"),
    ("torch.arange(12.0).reshape(2, 2, 3) @ torch.arange(3.0).reshape(3, 1)",
     "tensor([[[ 5.],\n         [14.]],\n\n        [[23.],\n         [32.]]])"),
    ("torch.arange(2.0) @ torch.arange(12.0).reshape(2, 2, 3)",
     "tensor([[ 3.,  4.,  5.],\n        [ 9., 10., 11.]])"),
    ("torch.arange(6.0).reshape(2, 3) @ torch.arange(12.0).reshape(2, 3, 2)",
     "tensor([[[ 10.,  13.],\n"
     "         [ 28.,  40.]],\n"
     "\n"
     "        [[ 28.,  31.],\n"
     "         [100., 112.]]])"),
    ("torch.arange(12.0).reshape(2, 2, 3) @ torch.arange(12.0).reshape(2, 3, 2)",
     "tensor([[[ 10.,  13.],\n"
     "         [ 28.,  40.]],\n"
     "\n"
     "        [[172., 193.],\n"
     "         [244., 274.]]])"),
    ("(torch.ones(4, 1, 2, 3) @ torch.ones(5, 3, 2)).shape", "torch.Size([4, 5, 2, 2])"),
    ("(torch.ones(1, 2, 3) @ torch.ones(4, 3, 5)).shape", "torch.Size([4, 2, 5])"),
    ("(torch.ones(4, 1, 2, 3) @ torch.ones(3)).shape", "torch.Size([4, 1, 2])"),
    ("(torch.ones(3) @ torch.ones(4, 2, 3, 5)).shape", "torch.Size([4, 2, 5])"),
    ("(torch.ones(0, 3) @ torch.ones(3, 2)).shape", "torch.Size([0, 2])"),
    ("torch.ones(2, 0) @ torch.ones(0, 3)", "tensor([[0., 0., 0.],\n        [0., 0., 0.]])"),
    ("torch.ones(0) @ torch.ones(0)", "tensor(0.)"),
    ("(torch.ones(3, 0, 2) @ torch.ones(3, 2, 4)).shape", "torch.Size([3, 0, 4])"),
    ("torch.arange(6.0).reshape(2, 3).t() @ torch.arange(4.0).reshape(2, 2).t()",
     "tensor([[ 3.,  9.],\n        [ 4., 14.],\n        [ 5., 19.]])"),
    ("torch.arange(12.0).reshape(3, 4)[:, ::2] @ torch.arange(4.0)[1:3]",
     "tensor([ 4., 16., 28.])"),
    ("torch.mm(torch.eye(2), torch.arange(4.0).reshape(2, 2))",
     "tensor([[0., 1.],\n        [2., 3.]])"),
    ("torch.bmm(torch.ones(2, 1, 2), torch.arange(8.0).reshape(2, 2, 2))",
     "tensor([[[ 2.,  4.]],\n\n        [[10., 12.]]])"),
    ("torch.mv(torch.arange(4.0).reshape(2, 2), torch.ones(2))", "tensor([1., 5.])"),
    ("torch.dot(torch.arange(3.0), torch.arange(3.0))", "tensor(5.)"),
    ("torch.addmm(torch.ones(2), torch.eye(2), torch.eye(2), beta=2, alpha=3)",
     "tensor([[5., 2.],\n        [2., 5.]])"),
    ("torch.addmm(torch.ones(2, 2), torch.eye(2), torch.arange(4.0).reshape(2, 2))",
     "tensor([[1., 2.],\n        [3., 4.]])"),
    ("torch.nn.functional.linear(torch.arange(3.0), torch.ones(2, 3))", "tensor([3., 3.])"),
    ("torch.nn.functional.linear(torch.arange(6.0).reshape(1, 2, 3), torch.ones(2, 3), "
     "torch.arange(2.0))",
     "tensor([[[ 3.,  4.],\n         [12., 13.]]])"),
    ("torch.matmul(torch.ones(2, 2, dtype=torch.float64), torch.ones(2, dtype=torch.float64))",
     "tensor([2., 2.], dtype=torch.float64)"),
    ("torch.tensor([[nan, 1.0]]) @ torch.tensor([[0.0], [1.0]])", "tensor([[nan]])"),
    ("torch.tensor([[True]]).long() @ torch.tensor([[3]])", "tensor([[3]])"),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_matmul(torch, code, printed):
    """Values and shapes are these."""
    assert repr(evaluate(code, torch)) == printed
