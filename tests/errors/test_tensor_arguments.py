"""What is no tensor where a tensor is declared, with class and text from PyTorch."""

import pytest
from support import assert_mistake

NOT_TENSORS = [
    ("torch.flip(3, (0,))", "flip(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.flip(3, 0)", "flip(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.roll([1.0], 1)", "roll(): argument 'input' (position 1) must be Tensor, not list"),
    ("torch.tile(3, (2,))", "tile(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.tril(None)", "tril(): argument 'input' (position 1) must be Tensor, not NoneType"),
    ("torch.diag(np.ones(2))",
     "diag(): argument 'input' (position 1) must be Tensor, not numpy.ndarray"),
    ("torch.chunk(3, 2)", "chunk(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.combinations(3)",
     "combinations(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.abs_(3)", "abs_(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.mm(torch.ones(2, 2), 3)",
     "mm(): argument 'mat2' (position 2) must be Tensor, not int"),
    ("torch.masked_select(torch.ones(2), [True])",
     "masked_select(): argument 'mask' (position 2) must be Tensor, not list"),
    ("torch.linalg.det(3)", "linalg_det(): argument 'A' (position 1) must be Tensor, not int"),
    ("torch.adaptive_avg_pool1d(3, 1)",
     "adaptive_avg_pool1d(): argument 'input' (position 1) must be Tensor, not int"),
]
NOT_TENSORS_OF_METHODS = [
    ("torch.ones(2, 2).mm(3)", "mm(): argument 'mat2' (position 1) must be Tensor, not int"),
    ("torch.ones(2).masked_select([True])",
     "masked_select(): argument 'mask' (position 1) must be Tensor, not list"),
    ("torch.ones(2).copy_('a')", "copy_(): argument 'other' (position 1) must be Tensor, not str"),
    ("torch.ones(2).expand_as(3)",
     "expand_as(): argument 'other' (position 1) must be Tensor, not int"),
]


@pytest.mark.parametrize(("code", "text"), NOT_TENSORS)
def test_functions_refuse_what_is_no_tensor(torch, code, text):
    """The argument is named with its position before anything else is looked at."""
    assert_mistake(torch, code, TypeError, text)


@pytest.mark.parametrize(("code", "text"), NOT_TENSORS_OF_METHODS)
def test_methods_count_positions_without_the_tensor(torch, code, text):
    """A method names the same argument one position earlier."""
    assert_mistake(torch, code, TypeError, text)


def test_argument_given_by_name_is_named_without_position(torch):
    """A keyword has no position to name."""
    text = "flip(): argument 'input' must be Tensor, not int"

    assert_mistake(torch, "torch.flip(input=3, dims=(0,))", TypeError, text)


def test_copy_takes_a_number(torch):
    """copy_ is one of the functions that take a number for a tensor."""
    assert torch.ones(2).copy_(3).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("call", [
    "torch.relu(x)", "x.relu()", "torch.relu_(x)", "torch.nn.functional.relu(x)",
])
def test_relu_of_truth_values(torch, call):
    """PyTorch refuses truth values here with a text of their own."""
    code = f"x = torch.tensor([True]); {call}"

    assert_mistake(torch, code, RuntimeError, "Boolean inputs not supported for relu")
