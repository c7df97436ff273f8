"""Bad input is refused whole: no half-written results, no reading out of bounds, no crash."""

import numpy as np
import pytest
from support import outcome

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies


@pytest.mark.parametrize("code", [
    "x.add_(torch.ones(3))", "x.mul_(torch.ones(2, 2))", "x.copy_(torch.ones(5))",
    "x[torch.tensor([True, True])] = 1.0", "x[:2] = torch.ones(3)", "x[1:].add_(x[:-1])",
    "x.add_('a')", "x[0] = 'a'", "x[0] = torch.ones(2)", "x[[0, 1]] = torch.ones(3)",
    "x.view(2, 2).expand(2, 2, 2).add_(1)", "x.add_(None)",
])
def test_refused_write_leaves_the_tensor_alone(torch, code):
    """After the error neither values nor version have changed."""
    x = torch.arange(4.0)
    with pytest.raises((RuntimeError, IndexError, TypeError)):
        exec(code, {"torch": torch, "x": x})

    assert x.tolist() == [0.0, 1.0, 2.0, 3.0] and x._version == 0


@pytest.mark.parametrize("code", [
    "x[[0, 9]] = 1.0", "x[torch.tensor([1, -7])] = torch.tensor([5.0, 6.0])",
    "x.index_put_((torch.tensor([0, 4]),), torch.ones(2))",
])
def test_all_indices_are_checked_first(tapegrad, code):
    """Where PyTorch writes up to the first bad index, tapegrad writes nothing."""
    x = tapegrad.arange(4.0)
    with pytest.raises(IndexError, match="is out of bounds for dimension 0 with size 4"):
        exec(code, {"torch": tapegrad, "x": x})

    assert x.tolist() == [0.0, 1.0, 2.0, 3.0] and x._version == 0


def test_refused_integer_division_by_zero(torch):
    """The divisor is looked at before anything is written."""
    x = torch.tensor([4, 6])

    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        x.floor_divide_(torch.tensor([2, 0]))


def test_refused_operation_leaves_the_graph_alone(torch):
    """An operation that raised recorded nothing."""
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    with pytest.raises(RuntimeError):
        y + torch.ones(4)
    with pytest.raises(RuntimeError):
        y.add_(torch.ones(2, 3))
    y.sum().backward()

    assert y.grad_fn.name() == "MulBackward0" and x.grad.tolist() == [2.0, 2.0, 2.0]


def test_failed_sweep_leaves_leaves_consistent(torch):
    """A sweep that raises in the middle can be run again on the same leaf."""
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError):
        y.sum().backward()
    (x * 2).sum().backward()

    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("code", [
    "torch.zeros(2**62)", "torch.zeros(2**40, 2**40)", "torch.ones(3).expand(2**62, 3).clone()",
    "torch.arange(0, 1e18)", "torch.ones(2)[2**70]", "torch.ones(2).sum(2**70)",
    "torch.ones(2).view(2**63)", "torch.zeros(2, 2**63)",
])
def test_sizes_beyond_memory(torch, code):
    """Sizes that overflow or cannot be had raise, whatever the class."""
    with pytest.raises((RuntimeError, MemoryError, OverflowError, IndexError, TypeError,
                        ValueError)):
        eval(code, {"torch": torch})


METHODS = ("add", "mul", "div", "pow", "sum", "mean", "max", "argmax", "view", "reshape", "expand",
           "permute", "transpose", "squeeze", "unsqueeze", "flatten", "unbind", "split", "select",
           "matmul", "__getitem__", "clamp", "softmax", "to", "copy_", "add_", "fill_", "norm",
           "__setitem__", "index_put_", "register_hook", "backward", "t", "item", "__contains__",
           "__add__", "__rpow__", "__matmul__", "detach", "type", "size", "stride")
CONSTRUCTORS = ("tensor", "as_tensor", "zeros", "ones", "full", "empty", "arange", "linspace",
                "eye", "rand", "randn", "randint", "randperm", "cat", "stack", "where", "exp",
                "matmul", "from_numpy", "zeros_like", "manual_seed", "bernoulli")
plain = st.one_of(st.none(), st.booleans(), st.integers(-3, 4), st.sampled_from([2**62, -(2**63)]),
                  st.floats(width=16), st.text(max_size=2), st.just(...),
                  st.just(slice(None, None)), st.just(object()), st.just(b"x"))
arguments = st.recursive(plain, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.lists(inner, max_size=2).map(tuple)), max_leaves=4)
tensors = st.sampled_from(["zeros(2, 3)", "ones(0)", "tensor(2)", "ones(3, dtype=torch.bool)",
                           "ones(2, requires_grad=True)", "arange(4)", "ones(1).expand(3)"])


@hypothesis.settings(max_examples=1500, deadline=None, derandomize=True,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(tensors, st.sampled_from(METHODS), st.lists(arguments, max_size=3))
def test_methods_bear_any_arguments(torch, receiver, name, given):
    """Whatever a method is given, it answers or raises an ordinary exception."""
    x = eval(f"torch.{receiver}", {"torch": torch})
    answer = outcome(getattr(x, name), *given)

    assert not str(answer).startswith("SystemError")


@hypothesis.settings(max_examples=1000, deadline=None, derandomize=True,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.sampled_from(CONSTRUCTORS), st.lists(arguments, max_size=3))
def test_functions_bear_any_arguments(torch, name, given):
    """Whatever a function is given, it answers or raises an ordinary exception."""
    answer = outcome(getattr(torch, name), *given)

    assert not str(answer).startswith("SystemError")


@pytest.mark.parametrize("array", [
    np.zeros(3, dtype=">f4"), np.zeros((3, 2))[::-1], np.array(["a"]), np.array([object()]),
    np.zeros(3, dtype="datetime64[s]"), np.zeros(2, dtype=[("a", "i4")]),
    np.frombuffer(b"\0" * 9, dtype=np.uint8)[1:].view(np.float64),
])
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_unusual_arrays(torch, array):
    """Arrays of foreign dtypes, byte orders and alignments are refused, or read right."""
    try:
        x = torch.from_numpy(array)
    except (TypeError, ValueError):
        return

    assert (x + 1).tolist() == (array + 1).tolist()
