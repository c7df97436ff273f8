"""``saved_tensors_hooks``: every saved value passes through pack and unpack."""

import gc
import weakref

import pytest


def test_every_saved_value_is_packed_and_unpacked(torch):
    """Pack runs while recording, unpack while sweeping."""
    order = []

    def pack(tensor):
        order.append(("pack", tensor.tolist()))
        return tensor

    def unpack(packed):
        order.append(("unpack", packed.tolist()))
        return packed

    x = torch.tensor([2.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x * x
    y.exp().sum().backward()

    assert order == [("pack", [2.0]), ("pack", [2.0]), ("unpack", [2.0]), ("unpack", [2.0])]


def test_packed_value_may_be_anything(torch):
    """What pack returns is kept as it is and given to unpack."""
    store = {}

    def pack(tensor):
        store[len(store)] = tensor.numpy(force=True).copy()
        return len(store) - 1

    x = torch.tensor([2.0, 3.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda key: torch.tensor(store[key])):
        y = (x * x).sum()
    y.backward()

    assert x.grad.tolist() == [4.0, 6.0] and len(store) == 2


def test_output_is_packed_too(torch):
    """An operation that saves its result passes that through the hooks."""
    packed = []

    def pack(tensor):
        packed.append(tensor.item())
        return tensor.item()

    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: torch.tensor(value * 5)):
        y = x.exp()
    y.backward()

    assert packed == [1.0] and x.grad.item() == 5.0


def test_function_values_are_packed_too(torch):
    """Tensors saved by a Function go the same way."""
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

    x = torch.tensor(3.0, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.item(), lambda v: torch.tensor(-v)):
        y = Square.apply(x)
    y.backward()

    assert x.grad.item() == -6.0


def test_inner_hooks_win(torch):
    """Of nested hooks the innermost is used, and the outer one again afterwards."""
    seen = []

    def hooks(name):
        def pack(tensor):
            seen.append(name)
            return tensor

        return torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t)

    x = torch.tensor(3.0, requires_grad=True)
    with hooks("outer"):
        with hooks("inner"):
            x.exp()
        x.exp()
    x.exp()

    assert seen == ["inner", "outer"]


def test_hooks_see_what_backward_saves_with_create_graph(torch):
    """The second graph saves values as well."""
    packed = []

    def pack(tensor):
        packed.append(tensor.item())
        return tensor

    x = torch.tensor(3.0, requires_grad=True)
    y = x.exp()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        torch.autograd.grad(y, x, create_graph=True)

    assert len(packed) > 0


def test_unpack_must_give_a_tensor(torch):
    """Anything else is refused."""
    x = torch.tensor(3.0, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3.0):
        y = x.exp()

    with pytest.raises(TypeError, match="^Output of saved tensor unpack_hook expected to be a "
                                        "Tensor but got result of type float"):
        y.backward()


def test_pack_must_not_change_its_input(torch):
    """A hook that writes to the value it is given is caught."""
    x = torch.tensor(3.0, requires_grad=True)
    a = x * 1

    with pytest.raises(RuntimeError, match="^A saved tensor pack hook is modifying its input in "
                                           "place"):
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t):
            torch.exp(a) * a


def test_disabled_hooks_raise(torch):
    """disable_saved_tensors_hooks refuses hooks with the caller's text."""
    with torch.autograd.graph.disable_saved_tensors_hooks("not in here"):
        with pytest.raises(RuntimeError, match="not in here"):
            torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t).__enter__()


def test_saved_values_can_be_read_from_the_node(torch):
    """A node shows what it saved under PyTorch's names."""
    x = torch.tensor(3.0, requires_grad=True)
    y = x.exp()
    z = x * torch.tensor(2.0)

    assert y.grad_fn._saved_result is not None and y.grad_fn._saved_result.item() == y.item()
    assert z.grad_fn._saved_self is None and z.grad_fn._saved_other.item() == 2.0


def test_constants_pass_through_hooks_as_they_are(torch):
    """A saved tensor that wants no gradient reaches the hook as it is, and comes back as it is."""
    constant, packed = torch.ones(2), []

    def pack(tensor):
        packed.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one):
        y = torch.ones(2, requires_grad=True) * constant

    assert any(one is constant for one in packed)
    assert y.grad_fn._saved_other is constant


def test_block_left_twice(torch):
    """Leaving a block of hooks that nobody entered raises RuntimeError."""
    block = torch.autograd.graph.saved_tensors_hooks(lambda one: one, lambda one: one)

    with pytest.raises(RuntimeError):
        block.__exit__()


@pytest.mark.parametrize("call", ["x / w", "torch.atan2(x, w)", "x.pow(w)", "torch.maximum(x, w)"])
def test_unpacked_once_in_a_sweep(torch, call):
    """Each packed value is unpacked once, however many gradients need it: it may be gone then."""
    store = {}

    def pack(tensor):
        store[len(store)] = tensor
        return len(store) - 1

    x, w = (torch.full((2,), value, requires_grad=True) for value in (2.0, 3.0))
    with torch.autograd.graph.saved_tensors_hooks(pack, store.pop):
        result = eval(call, {"torch": torch, "x": x, "w": w})
        assert len(store) >= 2
        result.sum().backward()

    assert not store
    assert x.grad is not None
    assert w.grad is not None


def test_saved_output_is_collected(tapegrad):
    """What a hook keeps of an output does not hold it in its own graph, as it does in PyTorch."""
    with tapegrad.autograd.graph.saved_tensors_hooks(lambda x: [x], lambda kept: kept[0]):
        factors, _ = tapegrad.linalg.lu_factor(tapegrad.eye(3).requires_grad_())
    dropped = weakref.ref(factors)
    del factors
    gc.collect()

    assert dropped() is None
