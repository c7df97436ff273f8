"""Random indices of all forms read, write and differentiate as PyTorch's do."""

import pytest
from support import assert_same, outcome

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

SHAPE = (3, 4, 2)
bound = st.one_of(st.none(), st.integers(-6, 6))
ints = st.integers(-5, 5)
items = st.one_of(
    ints,
    st.builds(slice, bound, bound, st.one_of(st.none(), st.integers(1, 3))),
    st.just(None), st.just(...), st.booleans(),
    st.lists(st.integers(-2, 1), min_size=1, max_size=3),
    st.lists(st.lists(st.integers(-2, 1), min_size=2, max_size=2), min_size=1, max_size=2).map(
        lambda rows: ("tensor", rows)),
    st.lists(st.booleans(), min_size=2, max_size=4).map(lambda mask: ("tensor", mask)),
)
# After a second ellipsis PyTorch reads past the sizes.
several = st.lists(items, max_size=4).filter(lambda index: index.count(...) < 2)
indices = st.one_of(items, several.map(tuple))


def build(torch, index):
    """Turn marked lists of an index into tensors."""
    if isinstance(index, tuple) and index and index[0] == "tensor":
        return torch.tensor(index[1])
    if isinstance(index, tuple):
        return tuple(build(torch, item) for item in index)
    return index


def base(torch):
    """Distinct numbers, not contiguous."""
    return torch.arange(24.0).reshape(4, 3, 2).transpose(0, 1)


def read(torch, index):
    """Read, and tell the strides that matter."""
    out = base(torch)[build(torch, index)]
    return out, [step for n, step in zip(out.shape, out.stride(), strict=True)
                 if n > 1 and out.numel()]


def write(torch, index, kind):
    """Write a number, a row or a tensor of the same shape."""
    x, index = base(torch), build(torch, index)
    value = {"number": 100.0, "row": torch.tensor([50.0, 60.0])}.get(kind)
    x[index] = base(torch)[index] * -1 if value is None else value
    return x


def differentiate(torch, index):
    """Sweep through a reading and a writing."""
    x, index = base(torch).clone().requires_grad_(), build(torch, index)
    y = x * 2
    part = y[index]
    y[index] = part * part
    return torch.autograd.grad((y * y).sum() + (part * 3).sum(), x)


def same(ours, theirs):
    """Equal results; of errors the class and the beginning of the text."""
    if isinstance(theirs, str):
        assert isinstance(ours, str) and ours.startswith(theirs), (ours, theirs)
    else:
        assert_same(ours, theirs, rtol=1e-6)


settings = hypothesis.settings(max_examples=400, deadline=None, derandomize=True)


@settings
@hypothesis.given(indices)
def test_reading(torch, reference, index):
    """Values, shapes, strides and refusals."""
    same(outcome(read, torch, index), outcome(read, reference, index))


@settings
@hypothesis.given(indices, st.sampled_from(["number", "row", "tensor"]))
def test_writing(torch, reference, index, kind):
    """Values and refusals; a refused write leaves the tensor as it was."""
    same(outcome(write, torch, index, kind), outcome(write, reference, index, kind))


@settings
@hypothesis.given(indices)
def test_gradients(torch, reference, index):
    """Gradients, also of elements that are read or written twice."""
    same(outcome(differentiate, torch, index), outcome(differentiate, reference, index))


def test_duplicates_add_up_in_the_gradient(torch):
    """An element that was read three times gets three shares."""
    x = torch.zeros(4, requires_grad=True)
    x[torch.tensor([1, 1, 3, 1])].sum().backward()

    assert x.grad.tolist() == [0.0, 3.0, 0.0, 1.0]


def test_gradient_of_a_mask(torch):
    """Elements that were not taken get none."""
    x = torch.arange(4.0, requires_grad=True)
    (x[x > 1] ** 2).sum().backward()

    assert x.grad.tolist() == [0.0, 0.0, 4.0, 6.0]


def test_basic_index_is_a_view_and_advanced_a_copy(torch):
    """Integers and slices share memory, lists and masks do not."""
    x = torch.zeros(3, 3)
    x[1].fill_(1)
    x[:, 0].fill_(2)
    x[[2]].fill_(9)
    x[x == 0].fill_(9)

    assert x.tolist() == [[2.0, 0.0, 0.0], [2.0, 1.0, 1.0], [2.0, 0.0, 0.0]]
