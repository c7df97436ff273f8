"""Mistakes about indices, with class and text from PyTorch."""

import pytest
from support import assert_mistake

MISTAKES = [
    ("torch.ones(2)[2]", IndexError,
     "index 2 is out of bounds for dimension 0 with size 2"),
    ("torch.ones(2)[-3]", IndexError,
     "index -3 is out of bounds for dimension 0 with size 2"),
    ("torch.ones(2, 3)[0, 3]", IndexError,
     "index 3 is out of bounds for dimension 1 with size 3"),
    ("torch.ones(2, 3)[0, 0, 0]", IndexError,
     "too many indices for tensor of dimension 2"),
    ("torch.ones(2, 3)[..., 0, 0, 0]", IndexError,
     "too many indices for tensor of dimension 2"),
    ("torch.ones(())[0]", IndexError,
     "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
     "C++ to convert a 0-dim tensor to a number"),
    ("torch.ones(4)[::-1]", ValueError,
     "step must be greater than zero"),
    ("torch.ones(4)[::0]", ValueError,
     "slice step cannot be zero"),
    ("torch.ones(4)[torch.tensor([4])]", IndexError,
     "index 4 is out of bounds for dimension 0 with size 4"),
    ("torch.ones(4)[torch.tensor([-5])]", IndexError,
     "index -5 is out of bounds for dimension 0 with size 4"),
    ("torch.ones(2, 3)[:, torch.tensor([1, 7])]", IndexError,
     "index 7 is out of bounds for dimension 0 with size 3"),
    ("torch.ones(4)[[0, 9]]", IndexError,
     "index 9 is out of bounds for dimension 0 with size 4"),
    ("torch.ones(4)[1.5]", IndexError,
     "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
     "indices (got float)"),
    ("torch.ones(4)[torch.tensor([0.5])]", IndexError,
     "tensors used as indices must be long, int, byte or bool tensors"),
    ('torch.ones(4)["a"]', TypeError,
     "new(): invalid data type 'str'"),
    ("torch.ones(4)[[True, False]]", IndexError,
     "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [4] "
     "at index 0"),
    ("torch.ones(4)[torch.tensor([True, False])]", IndexError,
     "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [4] "
     "at index 0"),
    ("torch.ones(2, 3)[torch.tensor([True, False, True])]", IndexError,
     "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, "
     "3] at index 0"),
    ("torch.ones(2, 3)[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]", IndexError,
     "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]"),
    ("torch.ones(2, 3)[torch.ones(2, 2, 2) > 0]", IndexError,
     "too many indices for tensor of dimension 2"),
    ('torch.ones(4)["a"] = 1', TypeError,
     "new(): invalid data type 'str'"),
    ("torch.ones(4)[5] = 1", IndexError,
     "index 5 is out of bounds for dimension 0 with size 4"),
    ("torch.ones(4)[0] = torch.ones(2)", RuntimeError,
     "expand(torch.FloatTensor{[2]}, size=[]): the number of sizes provided (0) must be greater "
     "or equal to the number of dimensions in the tensor (1)"),
    ("torch.ones(4)[:2] = torch.ones(3)", RuntimeError,
     "The expanded size of the tensor (2) must match the existing size (3) at non-singleton "
     "dimension 0.  Target sizes: [2].  Tensor sizes: [3]"),
    ("torch.ones(4)[torch.tensor([0, 1])] = torch.ones(3)", RuntimeError,
     "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape "
     "[2]"),
    ("torch.ones(4)[torch.tensor([True, False, True, True])] = torch.ones(2)", RuntimeError,
     "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape "
     "[3]"),
    ('torch.ones(4)[0] = "a"', TypeError,
     "can't assign a str to a torch.FloatTensor"),
    ("torch.ones(4)[0] = [1, 2]", TypeError,
     "can't assign a list to a torch.FloatTensor"),
    ("torch.ones(4)[::-1] = 0", ValueError,
     "step must be greater than zero"),
    ("torch.ones(2, 3).select(0, 5)", IndexError,
     "select(): index 5 out of range for tensor of size [2, 3] at dimension 0"),
    ("torch.ones(2, 3).narrow(0, 1, 2)", RuntimeError,
     "start (1) + length (2) exceeds dimension size (2)."),
    ("torch.ones(2, 3).narrow(0, 0, -1)", RuntimeError,
     "narrow(): length must be non-negative."),
    ("torch.ones(2, 3).masked_fill(torch.ones(2, 3), 1)", RuntimeError,
     "masked_fill_ only supports boolean masks, but got mask with dtype float"),
    ('torch.ones(3)[slice("a", None)]', TypeError,
     "slice indices must be integers or None or have an __index__ method"),
    ("del torch.ones(3)[0]", TypeError,
     "Tensor does not support deleting items"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, code, error, text)
