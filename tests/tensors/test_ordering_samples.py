"""Order, bins, scans: printed as PyTorch prints it, and refused as PyTorch refuses it."""

from types import ModuleType

import pytest
from support import assert_mistake, evaluate

SAMPLES = [
    ("torch.sort(torch.tensor([3.0, nan, 1.0]))",
     "torch.return_types.sort(\n"
     "values=tensor([1., 3., nan]),\n"
     "indices=tensor([2, 0, 1]))"),
    ("torch.sort(torch.tensor([3, 1, 3, 2]), descending=True)",
     "torch.return_types.sort(\n"
     "values=tensor([3, 3, 2, 1]),\n"
     "indices=tensor([0, 2, 3, 1]))"),
    ("torch.argsort(torch.tensor([[3, 1], [0, 2]]), dim=0)",
     "tensor([[1, 0],\n"
     "        [0, 1]])"),
    ("torch.topk(torch.tensor([3.0, nan, 1.0]), 2)",
     "torch.return_types.topk(\n"
     "values=tensor([nan, 3.]),\n"
     "indices=tensor([1, 0]))"),
    ("torch.kthvalue(torch.tensor([4, 1, 3]), 2)",
     "torch.return_types.kthvalue(\n"
     "values=tensor(3),\n"
     "indices=tensor(2))"),
    ("torch.median(torch.tensor([4, 1, 3, 2]))",
     "tensor(2)"),
    ("torch.median(torch.tensor([1.0, nan, 3.0]), 0)",
     "torch.return_types.median(\n"
     "values=tensor(nan),\n"
     "indices=tensor(1))"),
    ("torch.nanmedian(torch.tensor([1.0, nan, 3.0]))",
     "tensor(1.)"),
    ("torch.mode(torch.tensor([2, 1, 2, 1]))",
     "torch.return_types.mode(\n"
     "values=tensor(1),\n"
     "indices=tensor(3))"),
    ("torch.quantile(torch.tensor([1.0, 2.0, 4.0]), 0.75)",
     "tensor(3.)"),
    ("torch.unique(torch.tensor([3, 1, 3]), return_inverse=True, return_counts=True)",
     "(tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))"),
    ("torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))",
     "tensor([1, 2, 1])"),
    ("torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]), right=True)",
     "tensor([2, 3])"),
    ("torch.bucketize(3, torch.tensor([1, 3, 5]))",
     "tensor(1)"),
    ("torch.isin(torch.tensor([1, 2, 3]), 2)",
     "tensor([False,  True, False])"),
    ("torch.isin(torch.tensor([1.0, 2.0, nan]), torch.tensor([nan, 1.0]))",
     "tensor([ True, False, False])"),
    ("torch.isin(torch.tensor([1.0, nan]), torch.tensor([nan]), invert=True)",
     "tensor([True, True])"),
    ("torch.isin(3, torch.tensor([1, 3]))",
     "tensor(True)"),
    ("torch.isin(torch.tensor(2), torch.tensor([1, 3]), invert=True)",
     "tensor(True)"),
    ("torch.bincount(torch.tensor([1, 1, 3]))",
     "tensor([0, 2, 0, 1])"),
    ("torch.histc(torch.tensor([1.0, 2.0, 1.0]), 4, 0, 3)",
     "tensor([0., 2., 1., 0.])"),
    ("torch.histogram(torch.tensor([1.0, 2.0, 1.0]), 2)",
     "torch.return_types.histogram(\n"
     "hist=tensor([2., 1.]),\n"
     "bin_edges=tensor([1.0000, 1.5000, 2.0000]))"),
    ("torch.cumsum(torch.tensor([True, True]), 0)",
     "tensor([1, 2])"),
    ("torch.cummax(torch.tensor([1.0, nan, 2.0]), 0)",
     "torch.return_types.cummax(\n"
     "values=tensor([1., nan, nan]),\n"
     "indices=tensor([0, 1, 1]))"),
    ("torch.aminmax(torch.tensor([3, 1, 2]))",
     "torch.return_types.aminmax(\n"
     "min=tensor(1),\n"
     "max=tensor(3))"),
    ("torch.var_mean(torch.tensor([1.0, 3.0]))",
     "(tensor(2.), tensor(2.))"),
    ("torch.diff(torch.tensor([1, 4, 9]))",
     "tensor([3, 5])"),
    ("torch.trapezoid(torch.tensor([1, 2, 4]))",
     "tensor(4.5000)"),
    ("torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))",
     "tensor([[ 1., -1.],\n"
     "        [-1.,  1.]])"),
    ("torch.return_types.sort((1, 2))",
     "torch.return_types.sort(\n"
     "values=1,\n"
     "indices=2)"),
]

MISTAKES = [
    ("torch.kthvalue(torch.ones(2), 3)", RuntimeError,
     "kthvalue(): selected number k out of range for dimension 0"),
    ("torch.topk(torch.ones(2), 3)", RuntimeError,
     "selected index k out of range"),
    ("torch.median(torch.ones(0, 2), 0)", IndexError,
     "median(): Expected reduction dim 0 to have non-zero size."),
    ("torch.median(torch.tensor(True))", NotImplementedError,
     "\"median_cpu\" not implemented for 'Bool'"),
    ("torch.quantile(torch.ones(2), 2.0)", RuntimeError,
     "quantile() q must be in the range [0, 1] but got 2"),
    ("torch.quantile(torch.ones(2).long(), 0.5)", RuntimeError,
     "quantile() input tensor must be either float or double dtype"),
    ("torch.unique(torch.ones(2, 0), dim=0)", RuntimeError,
     "There are 0 sized dimensions, and they aren't selected, so unique cannot be "
     "applied"),
    ("torch.searchsorted(torch.ones(2, 2), torch.ones(3))", RuntimeError,
     "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
     "dimensions of boundaries tensor and input value tensor must match, but we got "
     "boundaries tensor [2, 2] and input value tensor [3]"),
    ("torch.bincount(torch.tensor([-1]))", RuntimeError,
     "bincount only supports 1-d non-negative integral inputs."),
    ("torch.histc(torch.ones(2), 0)", RuntimeError,
     "torch.histogram(): bins must be > 0, but got 0 for dimension 0"),
    ("torch.logcumsumexp(torch.tensor([1]), 0)", NotImplementedError,
     "\"logcumsumexp_out_cpu\" not implemented for 'Long'"),
    ("torch.diff(torch.tensor(1.0))", RuntimeError,
     "diff expects input to be at least one-dimensional"),
    ("torch.cov(torch.ones(2, 2, 2))", RuntimeError,
     "cov(): expected input to have two or fewer dimensions but got an input with 3 "
     "dimensions"),
    ("torch.renorm(torch.ones(2), 2, 0, 1.0)", RuntimeError,
     "renorm: input needs at least 2 dimensions, got 1 dimensions"),
    ("torch.ones(2).sum_to_size(3)", RuntimeError,
     "size {[3]} is not expandable to size {[2]}."),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_order(torch, code, printed):
    """Values, dtypes, names of results and the choice among equals are these."""
    assert repr(evaluate(code, torch)) == printed


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """A mistake raises this class with this text."""
    assert_mistake(torch, code, error, text)


@pytest.mark.parametrize(("call", "text"), [
    ("unique(x)", "_unique2"), ("unique(x, dim=0)", "unique_dim"),
    ("unique_consecutive(x)", "unique_consecutive"),
    ("unique_consecutive(x, dim=0)", "unique_consecutive"),
])
def test_unique_elements_have_no_derivative(torch: ModuleType, call: str, text: str) -> None:
    """A node on the tape says so; what counts and names places is not recorded."""
    x = torch.tensor([2.0, 1.0, 1.0], requires_grad=True)
    result = eval(f"torch.{call}", {"torch": torch, "x": x})
    _, inverse = torch.unique(x, return_inverse=True)

    assert result.requires_grad
    assert not inverse.requires_grad
    with pytest.raises(NotImplementedError, match=f"^the derivative for '{text}' is not impl"):
        result.sum().backward()
