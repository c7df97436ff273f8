"""The same bytes seen as another dtype."""

import pytest

SHAPES = [
    ("ones(2, 4)", "float64"), ("ones(2, 4)", "uint8"), ("ones(2, 4)", "int32"),
    ("ones(2, 4)[:, 2:]", "float64"), ("ones(3, 1)", "int16"), ("ones(0, 4)", "float64"),
    ("ones(1, 2).expand(3, 2)", "int16"), ("ones(2).double()", "int16"), ("ones(3)[1:]", "int16"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "dtype"), SHAPES)
def test_as_in_pytorch(torch, reference, made, dtype):
    """Shape, strides and values are PyTorch's, whichever dtype has the larger elements."""
    ours, theirs = (eval(f"t.{made}.view(t.{dtype})", {"t": t}) for t in (torch, reference))

    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.stride() == theirs.stride()
    assert ours.tolist() == theirs.tolist()


def test_memory_is_shared(torch):
    """What is written as another dtype is read in the tensor."""
    x = torch.ones(2, 2)
    x.view(dtype=torch.int32).zero_()

    assert x.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_no_history(torch):
    """The bytes of a tensor that wants a gradient want none."""
    x = torch.ones(4, requires_grad=True)

    assert not x.view(torch.float64).requires_grad
    assert not (x * 2).view(torch.int32).requires_grad


def test_writes_are_counted(torch):
    """A write to the bytes of a saved tensor is found out in backward."""
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    squares = y * y
    y.view(torch.int32).zero_()

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        squares.sum().backward()
