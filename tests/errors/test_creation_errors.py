"""Mistakes when tensors are made, with class and text from PyTorch."""

import pytest
from support import assert_mistake

MISTAKES = [
    ("torch.tensor([[1, 2], [3]])", ValueError,
     "expected sequence of length 2 at dim 1 (got 1)"),
    ("torch.tensor([1, [2]])", TypeError,
     "'list' object cannot be interpreted as an integer"),
    ('torch.tensor("a")', TypeError,
     "new(): invalid data type 'str'"),
    ("torch.tensor([None])", RuntimeError,
     "Could not infer dtype of NoneType"),
    ("torch.tensor(None)", RuntimeError,
     "Could not infer dtype of NoneType"),
    ("torch.tensor({})", RuntimeError,
     "Could not infer dtype of dict"),
    ("torch.tensor([torch.ones(2), 1])", ValueError,
     "only one element tensors can be converted to Python scalars"),
    ("torch.tensor(2**63)", ValueError,
     "Overflow when unpacking long long"),
    ('torch.tensor([1, 2.5], dtype="int")', TypeError,
     "tensor(): argument 'dtype' must be torch.dtype, not str"),
    ("torch.zeros(-1)", RuntimeError,
     "zeros: Dimension size must be non-negative."),
    ("torch.zeros(2, -3)", RuntimeError,
     "zeros: Dimension size must be non-negative."),
    ('torch.zeros("a")', TypeError,
     "zeros(): argument 'size' (position 1) must be tuple of ints, not str"),
    ("torch.zeros(2.5)", TypeError,
     "zeros(): argument 'size' (position 1) must be tuple of ints, not float"),
    ('torch.ones([1, "a"])', TypeError,
     'ones(): argument \'size\' failed to unpack the object at pos 2 with error "type must be '
     'tuple of ints,but got str"'),
    ("torch.full((2,))", TypeError,
     'full() missing 1 required positional arguments: "fill_value"'),
    ("torch.full(2, 1)", TypeError,
     "full(): argument 'size' (position 1) must be tuple of ints, not int"),
    ("torch.empty()", TypeError,
     'empty() missing 1 required positional arguments: "size"'),
    ("torch.arange(0, 5, 0)", RuntimeError,
     "step must be nonzero"),
    ("torch.arange(0, 5, -1)", RuntimeError,
     "upper bound and lower bound inconsistent with step sign"),
    ("torch.arange(5, 0)", RuntimeError,
     "upper bound and lower bound inconsistent with step sign"),
    ('torch.arange(float("inf"))', RuntimeError,
     "unsupported range: 0 -> inf"),
    ("torch.linspace(0, 1, -1)", RuntimeError,
     "number of steps must be non-negative"),
    ("torch.eye(-1)", RuntimeError,
     "n must be greater or equal to 0, got -1"),
    ("torch.rand(-1)", RuntimeError,
     "Trying to create tensor with negative dimension -1: [-1]"),
    ("torch.randint(5, 5, (2,))", RuntimeError,
     "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
    ("torch.randint(0, -1, (2,))", RuntimeError,
     "random_ expects 'from' to be less than 'to', but got from=0 >= to=-1"),
    ("torch.randperm(-1)", RuntimeError,
     "Trying to create tensor with negative dimension -1: [-1]"),
    ("torch.from_numpy([1])", TypeError,
     "expected np.ndarray (got list)"),
    ('torch.from_numpy(np.array(["a"]))', TypeError,
     "can't convert np.ndarray of type numpy.str_. The only supported types are: float64, "),
    ("torch.from_numpy(np.zeros(3)[::-1])", ValueError,
     "At least one stride in the given numpy array is negative, and tensors with negative "
     "strides are not currently supported. (You can probably work around this by making a copy "
     "of your array  with array.copy().) "),
    ('torch.from_numpy(np.zeros(3, dtype=">f4"))', ValueError,
     "given numpy array has byte order different from the native byte order. Conversion between "
     "byte orders is currently not supported."),
    ("torch.as_tensor(np.zeros(3)[::-1])", ValueError,
     "At least one stride in the given numpy array is negative, and tensors with negative "
     "strides are not currently supported. (You can probably work around this by making a copy "
     "of your array  with array.copy().) "),
    ('torch.as_tensor("a")', TypeError,
     "new(): invalid data type 'str'"),
    ('torch.manual_seed("a")', ValueError,
     "invalid literal for int() with base 10: 'a'"),
    ("torch.ones(2).uniform_(2, 1)", RuntimeError,
     "uniform_ expects to return a [from, to) range, but found from=2 > to=1"),
    ("torch.ones(2).normal_(0, -1)", RuntimeError,
     "normal expects std >= 0.0, but found std -1"),
    ("torch.Tensor(torch.tensor([1]), device='cpu')", RuntimeError,
     "Legacy tensor constructor of the form torch.Tensor(tensor, device=device) is not supported.  "
     "Use torch.tensor(...) or torch.as_tensor(...) instead."),
    ("torch.tensor([1]).new(torch.tensor([1]), device='cuda')", RuntimeError,
     "Legacy tensor new of the form tensor.new(tensor, device=device) is not supported.  Use "
     "torch.as_tensor(...) instead."),
    ("torch.empty(2, 2).resize_(10**18, 10**18)", RuntimeError,
     "numel: integer multiplication overflow"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, code, error, text)
