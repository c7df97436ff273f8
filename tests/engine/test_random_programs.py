"""Random programs of views and in-place writes do the same here and in PyTorch."""

import pytest
from support import assert_same

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

VIEWS = (
    lambda t: t.t() if t.dim() == 2 else t.unsqueeze(0),
    lambda t: t[0] if t.dim() else t.view(1),
    lambda t: t[1:] if t.dim() else t.unsqueeze(0),
    lambda t: t[..., ::2] if t.dim() else t.view(1, 1),
    lambda t: t.view(-1),
    lambda t: t.unsqueeze(0).expand(2, *t.shape),
    lambda t: t.squeeze(),
    lambda t: t.transpose(0, -1) if t.dim() else t.squeeze(),
    lambda t: t.unbind(0)[-1] if t.dim() else t[None],
    lambda t: t.split(1)[0] if t.dim() else t[...],
    lambda t: t.detach(),
    lambda t: t.reshape(-1),
    lambda t: t.view_as(t),
    lambda t: t.chunk(2, -1)[-1],
    lambda t: t.tensor_split(2)[0],
    lambda t: t.split_with_sizes([1, t.shape[0] - 1])[1],
    lambda t: t.diagonal(),
    lambda t: t.movedim(0, -1),
    lambda t: t.unflatten(0, (1, -1)) if t.dim() else t.view(1),
    lambda t: t.select(-1, -1),
    lambda t: t.data,
    lambda t: t[[0]],
    lambda t: t.contiguous(),
)
WRITES = (
    lambda t, other: t.mul_(other),
    lambda t, other: t.add_(other, alpha=2),
    lambda t, other: t.copy_(other),
    lambda t, other: t.zero_(),
    lambda t, other: t.mul_(3),
    lambda t, other: t.tanh_(),
    lambda t, other: t.fill_(0.5),
    lambda t, other: t.__setitem__(0 if t.dim() else ..., 0.25),
    lambda t, other: t.__setitem__((..., slice(None, 1)) if t.dim() else ..., other.sum()),
    lambda t, other: t.sub_(other * t),
    lambda t, other: t.gt_(other),
    lambda t, other: t.logical_and_(other),
    lambda t, other: t.__setitem__(t > 0.4, 1.0),
    lambda t, other: t.__setitem__(slice(None), other),
    lambda t, other: t.masked_fill_(t > 0.5, other.sum()),
    lambda t, other: t.cumsum_(0),
    lambda t, other: t.random_(9),
    lambda t, other: t.lerp_(other, 0.5),
    lambda t, other: t.renorm_(2, 0, 0.5),
)
RESULTS = (
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a.exp(),
    lambda a, b: a.clone(),
    lambda a, b: a.sum() * b,
    lambda a, b: a.tanh() - b,
)

# PyTorch fills an expanded view, but its sweep then writes to the gradient as if it were none.
WRITES_TO_EXPANDED = (
    "unsupported operation: more than one element of the written-to tensor refers to a single "
    "memory location. Please clone() the tensor before performing the operation."
)

index = st.integers(0, 30)
steps = st.one_of(
    st.tuples(st.just("view"), index, st.integers(0, len(VIEWS) - 1), index),
    st.tuples(st.just("quiet view"), index, st.integers(0, len(VIEWS) - 1), index),
    st.tuples(st.just("function"), index, st.integers(0, 1), index),
    st.tuples(st.just("write"), index, st.integers(0, len(WRITES) - 1), index),
    st.tuples(st.just("quiet write"), index, st.integers(0, len(WRITES) - 1), index),
    st.tuples(st.just("result"), index, st.integers(0, len(RESULTS) - 1), index),
)


def take(torch, tensors, step):
    """Run one step of a program on the tensors there are; a new tensor joins them."""
    kind, first, which, second = step
    a, b = tensors[first % len(tensors)], tensors[second % len(tensors)]
    if kind == "view":
        tensors.append(VIEWS[which](a))
    elif kind == "quiet view":
        with torch.no_grad():
            tensors.append(VIEWS[which](a))
    elif kind == "function":
        tensors.append(functions(torch)[which].apply(a))
    elif kind == "result":
        tensors.append(RESULTS[which](a, b))
    else:
        with torch.set_grad_enabled(kind == "write"):
            WRITES[which](a, b)


def functions(torch):
    """Custom Functions that return their input, and a view of it."""
    class Same(torch.autograd.Function):
        forward = staticmethod(lambda ctx, x: x)
        backward = staticmethod(lambda ctx, g: g * 2)

    class Viewing(torch.autograd.Function):
        forward = staticmethod(lambda ctx, x: x.view_as(x))
        backward = staticmethod(lambda ctx, g: g * 3)

    return Same, Viewing


def attempt(function, *args):
    """Give what a call returns, or the text of its refusal."""
    try:
        return function(*args)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return str(error)


def gradients(torch, tensors, leaves):
    """Sweep from the sum of all tensors; give the gradients."""
    total = sum(t.sum() for t in tensors if attempt(lambda t=t: t.requires_grad) is True)
    return torch.autograd.grad(total, leaves, allow_unused=True)


def run(torch, program):
    """Run a program; give everything that can be seen of it."""
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).div(10).requires_grad_()
    w = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    tensors = [x * 1, torch.ones(2, 3, dtype=torch.float64), w * w]
    torch.manual_seed(0)
    texts = [attempt(take, torch, tensors, step) for step in program]
    names = [attempt(lambda t=t: (t.requires_grad, t.grad_fn and t.grad_fn.name(), t._version))
             for t in tensors]
    values = [t.detach().clone() for t in tensors]
    return texts, names, values, attempt(gradients, torch, tensors, [x, w])


def assert_alike(ours, theirs):
    """The same things, where a text of ours may go on after PyTorch's."""
    if isinstance(theirs, str):
        # Where a stale view does not fit either, either library may name that first.
        assert isinstance(ours, str) and ours.startswith((theirs, "The size of tensor"))
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_alike(one, other)
    else:
        assert_same(ours, theirs, rtol=1e-12, atol=1e-12)


@hypothesis.settings(max_examples=800, deadline=None, derandomize=True,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.lists(steps, min_size=1, max_size=8))
def test_random_programs_agree(torch, reference, program):
    """Values, versions, node names, gradients and refusals are PyTorch's."""
    ours, theirs = run(torch, program), run(reference, program)
    if theirs[-1] == WRITES_TO_EXPANDED:
        ours, theirs = ours[:-1], theirs[:-1]

    for one, other in zip(ours, theirs, strict=True):
        assert_alike(one, other)


@pytest.mark.parametrize("program", [
    [("view", 0, 1, 0), ("write", 3, 0, 2), ("result", 0, 0, 0)],
    [("view", 0, 4, 0), ("view", 3, 2, 0), ("write", 4, 5, 0), ("write", 0, 4, 0)],
    [("view", 1, 0, 0), ("write", 1, 0, 0), ("result", 3, 2, 0)],
    [("view", 0, 8, 0), ("write", 3, 4, 0)],
    [("view", 0, 5, 0), ("write", 3, 4, 0)],
    [("result", 0, 0, 0), ("quiet write", 0, 4, 0)],
    [("view", 0, 1, 0), ("view", 0, 2, 0), ("write", 3, 1, 2), ("write", 4, 3, 0),
     ("result", 0, 4, 3)],
])
def test_chosen_programs_agree(torch, reference, program):
    """Programs that once were worth a closer look."""
    assert_alike(run(torch, program), run(reference, program))
