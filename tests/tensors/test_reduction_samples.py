"""Sums, means, extremes: printed as PyTorch prints it."""

import pytest
from support import evaluate

SAMPLES = [
    ("torch.hash_tensor(torch.tensor([1.5, -2.0])).view(torch.int64)",
     "tensor(-2251799813685248)"),
    ("torch.tensor([[1, 2], [-3, 8]]).hash_tensor(1, keepdim=True).view(torch.int64)",
     "tensor([[  3],\n        [-11]])"),
    ("torch.tensor([1.5, 2.5]).sum()", "tensor(4.)"),
    ("torch.tensor([1, 2]).sum()", "tensor(3)"),
    ("torch.tensor([True, True]).sum()", "tensor(2)"),
    ("torch.tensor([1, 2], dtype=torch.int8).sum()", "tensor(3)"),
    ("torch.tensor([200, 100], dtype=torch.uint8).sum()", "tensor(300)"),
    ("torch.tensor([1, 2]).sum(dtype=torch.float64)", "tensor(3., dtype=torch.float64)"),
    ("torch.arange(6).reshape(2, 3).sum(0)", "tensor([3, 5, 7])"),
    ("torch.arange(6).reshape(2, 3).sum(1)", "tensor([ 3, 12])"),
    ("torch.arange(6).reshape(2, 3).sum(-1, keepdim=True)", "tensor([[ 3],\n        [12]])"),
    ("torch.arange(6).reshape(2, 3).sum((0, 1))", "tensor(15)"),
    ("torch.arange(6).reshape(2, 3).sum(dim=[0], keepdim=True)", "tensor([[3, 5, 7]])"),
    ("torch.arange(6).reshape(2, 3).sum(())", "tensor(15)"),
    ("torch.arange(6).reshape(2, 3).sum(None)", "tensor(15)"),
    ("torch.sum(torch.ones(2, 3), axis=0)", "tensor([2., 2., 2.])"),
    ("torch.ones(()).sum(0)", "tensor(1.)"),
    ("torch.ones(0).sum()", "tensor(0.)"),
    ("torch.ones(0, 3).sum(0)", "tensor([0., 0., 0.])"),
    ("torch.ones(0, 3).sum(1)", "tensor([])"),
    ("torch.tensor([nan, 1.0]).sum()", "tensor(nan)"),
    ("torch.tensor([inf, -inf]).sum()", "tensor(nan)"),
    ("torch.arange(4.0).mean()", "tensor(1.5000)"),
    ("torch.arange(6.0).reshape(2, 3).mean(0)", "tensor([1.5000, 2.5000, 3.5000])"),
    ("torch.arange(6.0).reshape(2, 3).mean((0, 1), keepdim=True)", "tensor([[2.5000]])"),
    ("torch.arange(4).mean(dtype=torch.float32)", "tensor(1.5000)"),
    ("torch.ones(0).mean()", "tensor(nan)"),
    ("torch.ones(0, 3).mean(0)", "tensor([nan, nan, nan])"),
    ("torch.tensor([1.0, 2.0], dtype=torch.float16).mean()",
     "tensor(1.5000, dtype=torch.float16)"),
    ("torch.tensor([3.0, 1.0, 3.0]).max()", "tensor(3.)"),
    ("torch.tensor([3, 1, 3]).min()", "tensor(1)"),
    ("torch.tensor([True, False]).max()", "tensor(True)"),
    ("torch.tensor([1.0, nan, 3.0]).max()", "tensor(nan)"),
    ("torch.tensor([1.0, nan, 3.0]).min()", "tensor(nan)"),
    ("torch.tensor([3.0, 1.0, 3.0]).max(0)",
     "torch.return_types.max(\nvalues=tensor(3.),\nindices=tensor(0))"),
    ("torch.tensor([3.0, 1.0, 1.0]).min(0)",
     "torch.return_types.min(\nvalues=tensor(1.),\nindices=tensor(1))"),
    ("torch.tensor([1.0, nan, nan]).max(0)",
     "torch.return_types.max(\nvalues=tensor(nan),\nindices=tensor(1))"),
    ("torch.tensor([[1, 5, 5], [7, 7, 2]]).max(1)",
     "torch.return_types.max(\nvalues=tensor([5, 7]),\nindices=tensor([1, 0]))"),
    ("torch.tensor([[1, 5, 5], [7, 7, 2]]).max(dim=0, keepdim=True)",
     "torch.return_types.max(\nvalues=tensor([[7, 7, 5]]),\nindices=tensor([[1, 1, 0]]))"),
    ("torch.max(torch.tensor([[1, 5], [7, 2]]), 1).values", "tensor([5, 7])"),
    ("torch.max(torch.tensor([[1, 5], [7, 2]]), 1).indices", "tensor([1, 0])"),
    ("torch.max(torch.tensor([1, 5]), torch.tensor([3, 2]))", "tensor([3, 5])"),
    ("torch.min(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 2.0]))", "tensor([1., 2.])"),
    ("torch.tensor(5.0).max(0)",
     "torch.return_types.max(\nvalues=tensor(5.),\nindices=tensor(0))"),
    ("torch.ones(2, 0).max(0)",
     "torch.return_types.max(\nvalues=tensor([]),\nindices=tensor([], dtype=torch.int64))"),
    ("torch.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(1)", "tensor([5., 7.])"),
    ("torch.tensor([[1.0, 5.0], [7.0, 2.0]]).amin((0, 1))", "tensor(1.)"),
    ("torch.tensor([[1.0, 5.0], [7.0, 2.0]]).amax()", "tensor(7.)"),
    ("torch.tensor([3.0, 7.0, 7.0]).argmax()", "tensor(1)"),
    ("torch.tensor([[3, 7, 7], [9, 0, 9]]).argmax()", "tensor(3)"),
    ("torch.tensor([[3, 7, 7], [9, 0, 9]]).argmax(1)", "tensor([1, 0])"),
    ("torch.tensor([[3, 7, 7], [9, 0, 9]]).argmax(0, keepdim=True)", "tensor([[1, 0, 1]])"),
    ("torch.tensor([[3, 7, 7], [9, 0, 9]]).argmin(-1)", "tensor([0, 1])"),
    ("torch.tensor([1.0, nan, 3.0]).argmax()", "tensor(1)"),
    ("torch.tensor(3).argmax()", "tensor(0)"),
    ("torch.tensor([[3.0, 4.0]]).norm()", "tensor(5.)"),
    ("torch.tensor([[3.0, 4.0]]).norm(dim=1)", "tensor([5.])"),
    ("torch.tensor([[3.0, 4.0]]).norm(1)", "tensor(7.)"),
    ("torch.tensor([[3.0, -4.0]]).norm(inf)", "tensor(4.)"),
    ("torch.tensor([[3.0, -4.0]]).norm(p=2, dim=1, keepdim=True)", "tensor([[5.]])"),
    ("torch.tensor([0.0, 3.0]).norm(0)", "tensor(1.)"),
    ("torch.norm(torch.tensor([3.0, 4.0]))", "tensor(5.)"),
    ("torch.tensor([1.0, 2.0, 4.0]).var()", "tensor(2.3333)"),
    ("torch.tensor([1.0, 2.0, 4.0]).std()", "tensor(1.5275)"),
    ("torch.tensor([1.0, 2.0, 4.0]).var(unbiased=False)", "tensor(1.5556)"),
    ("torch.tensor([[1.0, 2.0], [3.0, 5.0]]).var(0)", "tensor([2.0000, 4.5000])"),
    ("torch.tensor([[1.0, 2.0], [3.0, 5.0]]).std(1, keepdim=True)",
     "tensor([[0.7071],\n        [1.4142]])"),
    ("torch.tensor([[1.0, 2.0], [3.0, 5.0]]).var(0, correction=0)", "tensor([1.0000, 2.2500])"),
    ("torch.tensor([1.0, 2.0, 4.0]).prod()", "tensor(8.)"),
    ("torch.tensor([1, 2, 4]).prod()", "tensor(8)"),
    ("torch.tensor([[1.0, 2.0], [3.0, 4.0]]).prod(0)", "tensor([3., 8.])"),
    ("torch.ones(0).prod()", "tensor(1.)"),
    ("torch.tensor([True, False]).all()", "tensor(False)"),
    ("torch.tensor([True, False]).any()", "tensor(True)"),
    ("torch.tensor([[1, 0], [1, 1]]).all(1)", "tensor([False,  True])"),
    ("torch.tensor([[0, 0], [1, 0]]).any(0)", "tensor([ True, False])"),
    ("torch.ones(0).all()", "tensor(True)"),
    ("torch.ones(0).any()", "tensor(False)"),
    ("torch.tensor([1000.0, 1000.0]).softmax(0)", "tensor([0.5000, 0.5000])"),
    ("torch.tensor([[0.0, 1.0], [-inf, 1.0]]).softmax(1)",
     "tensor([[0.2689, 0.7311],\n        [0.0000, 1.0000]])"),
    ("torch.tensor([1.0, 2.0]).log_softmax(-1)", "tensor([-1.3133, -0.3133])"),
    ("torch.arange(24.0).reshape(2, 3, 4).sum((0, 2))", "tensor([ 60.,  92., 124.])"),
    ("torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1).sum(1)",
     "tensor([[12., 20., 28.],\n"
     "        [14., 22., 30.],\n"
     "        [16., 24., 32.],\n"
     "        [18., 26., 34.]])"),
    ("torch.arange(24.0).reshape(2, 3, 4)[:, ::2].mean((0, -1))", "tensor([ 7.5000, 15.5000])"),
    ("torch.ones(2, 3, 4).sum((0, 2), keepdim=True).shape", "torch.Size([1, 3, 1])"),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_reduction(torch, code, printed):
    """Values, dtypes, shapes and ties are these."""
    assert repr(evaluate(code, torch)) == printed


@pytest.mark.parametrize("code", ["x.sum()", "x.sum(0).sum()", "x.sum(1).sum()", "x.mean() * 1e6"])
def test_long_sums_are_accurate(torch, code):
    """A million floats are added with an error far below that of a plain loop."""
    total = evaluate(f"x = torch.full((1000, 1000), 0.1); {code}", torch)

    assert abs(total.item() - 1e5) < 0.1
