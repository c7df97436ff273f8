"""Mistakes about dtypes, with class and text from PyTorch."""

import pytest
from support import assert_mistake

MISTAKES = [
    ("torch.ones(2, dtype=torch.int64).add_(1.5)", RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    ("torch.ones(2, dtype=torch.bool).add_(1)", RuntimeError,
     "result type Long can't be cast to the desired output type Bool"),
    ("torch.ones(2, dtype=torch.int64).div_(2)", RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    ("torch.ones(2, dtype=torch.int64).mean()", RuntimeError,
     "mean(): could not infer output dtype. Input dtype must be either a floating point or "
     "complex dtype. Got: Long"),
    ("torch.ones(2, dtype=torch.bool).mean(0)", RuntimeError,
     "mean(): could not infer output dtype. Input dtype must be either a floating point or "
     "complex dtype. Got: Bool"),
    ("-torch.tensor([True])", RuntimeError,
     "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
     "invert a mask, use the `~` or `logical_not()` operator instead."),
    ("torch.tensor([True]) - torch.tensor([True])", RuntimeError,
     "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
     "`logical_xor()` operator instead."),
    ("1 - torch.tensor([True])", RuntimeError,
     "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
     "invert a mask, use the `~` or `logical_not()` operator instead."),
    ("torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)", RuntimeError,
     "expected m1 and m2 to have the same dtype, but got: float != double"),
    ("torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.int64)", RuntimeError,
     "expected m1 and m2 to have the same dtype, but got: float != long int"),
    ("torch.mm(torch.ones(2, 2), torch.ones(2, 2, dtype=torch.int64))", RuntimeError,
     "expected m1 and m2 to have the same dtype, but got: float != long int"),
    ("torch.dot(torch.ones(2), torch.ones(2, dtype=torch.float64))", RuntimeError,
     "dot : expected both vectors to have same dtype, but found Float and Double"),
    ("torch.tensor([2]) ** -1", RuntimeError,
     "Integers to negative integer powers are not allowed."),
    ("torch.tensor([1]) // torch.tensor([0])", RuntimeError,
     "ZeroDivisionError"),
    ("torch.tensor([1]) % 0", RuntimeError,
     "ZeroDivisionError"),
    ("torch.softmax(torch.tensor([1, 2]), 0)", NotImplementedError,
     '"softmax_lastdim_kernel_impl" not implemented for \'Long\''),
    ("torch.ones(2, dtype=torch.int64).normal_()", NotImplementedError,
     '"normal_kernel_cpu" not implemented for \'Long\''),
    ("torch.ones(2, dtype=torch.int64).exp_()", RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    ("torch.nn.functional.linear(torch.ones(2, 3).double(), torch.ones(4, 3))", RuntimeError,
     "expected m1 and m2 to have the same dtype, but got: double != float"),
    ("torch.where(torch.ones(2), torch.ones(2), torch.zeros(2))", RuntimeError,
     "where expected condition to be a boolean tensor, but got a tensor with dtype Float"),
    ("torch.ones(2) & torch.ones(2)", NotImplementedError,
     '"bitwise_and_cpu" not implemented for \'Float\''),
    ("~torch.ones(2)", TypeError,
     "~ (operator.invert) is only implemented on integer and Boolean-type tensors"),
    ('torch.ones(2).to("float32")', RuntimeError,
     "Invalid device string: 'float32'"),
    ('torch.ones(2, dtype=float("nan"))', TypeError,
     "ones(): argument 'dtype' must be torch.dtype, not float"),
    ('torch.zeros(2, dtype="float32")', TypeError,
     "zeros(): argument 'dtype' must be torch.dtype, not str"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, code, error, text)
