"""What a custom Function saves comes back as the same object, and from a stashed context too."""

import gc
import weakref
from textwrap import indent

import pytest
from beside import assert_alike


@pytest.fixture
def keep(torch):
    """A Function of ``x * y`` that saves all kinds of tensors, and the contexts that it stashed."""
    contexts = []

    class Keep(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, stashed=False):
            product, positive = x * y, x > 0
            ctx.mark_non_differentiable(positive)
            ctx.save_for_backward(x, y, product, None, positive)
            if stashed:
                contexts.append(ctx)
            return product, positive

        @staticmethod
        def backward(ctx, gradient, _):
            x, y, *_ = ctx.saved_tensors
            return gradient * y, gradient * x, None

    Keep.contexts = contexts
    return Keep


def factors(torch):
    return torch.tensor([1.0, 2.0], requires_grad=True).clone(), torch.tensor([3.0, 4.0])


def test_inputs_and_what_is_off_the_tape_are_the_same_objects(torch, keep):
    """Outputs on the tape come back anew, on their node: they hold it."""
    x, y = factors(torch)
    product, positive = keep.apply(x, y)
    saved = product.grad_fn.saved_tensors

    assert saved[0] is x and saved[1] is y and saved[3] is None and saved[4] is positive
    assert saved[2].grad_fn is product.grad_fn and not positive.requires_grad


def test_attributes_and_type_survive(torch):
    """A parameter stays one, with what the program put on it."""
    weight = torch.nn.Parameter(torch.ones(2))
    weight.scale = 3
    found = []

    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, weight):
            ctx.save_for_backward(weight)
            return weight * weight.scale

        @staticmethod
        def backward(ctx, gradient):
            found.extend(ctx.saved_tensors)
            return gradient * found[0].scale

    Scale.apply(weight).sum().backward()

    assert found[0] is weight and weight.grad.tolist() == [3, 3]


def test_checkpoint_gives_the_same_object(torch, keep):
    """Without reentrance, what needs no gradient goes through the hooks as it is."""
    x, y = factors(torch)
    product, _ = torch.utils.checkpoint.checkpoint(keep.apply, x, y, use_reentrant=False)
    saved = product.grad_fn.saved_tensors

    assert saved[1] is y and saved[0] is not x


def test_write_is_still_noticed(torch, keep):
    """A saved tensor that was written is refused, in backward and when read."""
    x, y = factors(torch)
    product, _ = keep.apply(x, y)
    y.add_(1)

    with pytest.raises(RuntimeError, match="modified by an inplace operation.*expected version 0"):
        product.sum().backward()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.grad_fn.saved_tensors


def test_backward_gives_the_tensors_up(torch, keep):
    """After a backward the node holds no saved tensor any more, and says so."""
    x, y = factors(torch)
    watched = weakref.ref(y)
    product, _ = keep.apply(x, y)
    product.sum().backward()
    del y

    assert watched() is None
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        product.grad_fn.saved_tensors


def test_stashed_context_outlives_its_graph(torch, keep):
    """It gives the same objects as before, and still notices writes."""
    x, y = factors(torch)
    product, positive = keep.apply(x, y, True)
    product.sum().backward(retain_graph=True)
    expected = product.tolist()
    del product
    saved = keep.contexts[0].saved_tensors

    assert saved[0] is x and saved[1] is y and saved[4] is positive
    assert saved[2].tolist() == expected and saved[3] is None
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        keep.contexts[0].saved_tensors


def test_stashed_context_knows_what_was_freed(torch, keep):
    """Where backward has freed them, the graph's end changes nothing."""
    product, _ = keep.apply(*factors(torch), True)
    product.sum().backward()
    del product

    with pytest.raises(RuntimeError, match="after they have already been freed"):
        keep.contexts[0].saved_tensors


def test_stashed_context_asks_the_hooks(torch, keep):
    """What a hook packed is unpacked after the graph's end as well."""
    with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: tensor.detach() * 10, lambda packed: packed / 5):
        product, _ = keep.apply(*factors(torch), True)
    del product

    assert [one.tolist() for one in keep.contexts[0].saved_tensors[:2]] == [[2, 4], [6, 8]]


def held(tapegrad):
    gc.collect()
    return tapegrad.autograd.tape_info()[:3]


def test_nothing_stays_on_the_tape(tapegrad, keep):
    """What a graph saved goes with it, or with the context that somebody stashed."""
    y = tapegrad.ones(2)
    before = held(tapegrad)
    for stashed in (False, True):
        product, _ = keep.apply(tapegrad.ones(2, requires_grad=True), y, stashed)
        assert held(tapegrad)[2] > before[2]
        del product
        assert (held(tapegrad)[2] > before[2]) is stashed
    keep.contexts.clear()

    assert held(tapegrad) == before


def test_cycle_through_a_written_input_is_collected(tapegrad, keep):
    """An input that was written with the output's help holds its own context."""
    before = held(tapegrad)
    x = tapegrad.ones(2, requires_grad=True).clone()
    x.mul_(keep.apply(x, tapegrad.ones(2))[0])
    watched = weakref.ref(x)
    del x

    assert held(tapegrad) == before and watched() is None


# --------------------------------------------------------------- writes to saved tensors allowed

WRITES = {
    "itself": "b.sin_()",
    "a view": "b[:1] *= 10",
    "the base of a view": "y = (b.view(3, 1) ** 2).sum() + b.exp().sum()\nb.mul_(2)",
    "twice": "b.sin_()\ny = y + (b * b).sum()\nb.exp_()",
    "its data": "b.data.zero_()",
    "by an item": "b[0] = 7",
    "nothing": "pass",
    "an operand of its own write": "b.mul_(b)\ny = y + b.sum()",
    "out=": "k = torch.ones(3)\ny = y + (x * k).sum()\ntorch.sin(torch.ones(3), out=k)",
    "by an optimizer": "w = x.detach().clone().requires_grad_()\ny = (w * x).exp().sum()\n"
                       "w.grad = torch.ones(3)\ntorch.optim.AdamW([w], lr=0.5).step()",
}


@pytest.mark.parametrize("write", WRITES)
def test_gradients_are_those_before_the_write(torch, reference, write):
    """A block that allows writes keeps what was saved."""
    assert_alike(
        "x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\n"
        "with torch.autograd.graph.allow_mutation_on_saved_tensors() as block:\n"
        "    b = x.clone()\n    y = (b**2).sum()\n" + indent(WRITES[write], "    ") +
        "\n    y.backward()\nx.grad", torch, reference)


def test_write_to_a_view_elsewhere_is_seen(tapegrad):
    """PyTorch copies only if the view starts where the saved tensor does, and is wrong here."""
    x = tapegrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with tapegrad.autograd.graph.allow_mutation_on_saved_tensors():
        b = x.clone()
        y = (b**2).sum()
        b[1:] *= 10
        y.backward()

    assert x.grad.tolist() == [2, 4, 6]


def kept(block):
    return len(block.cloned), len(block.original), len(block.tid_to_weakhandle)


def test_copies_are_made_when_written_and_go_with_the_graph(torch):
    """One copy a version that is still needed, however often it was saved."""
    with torch.autograd.graph.allow_mutation_on_saved_tensors() as block:
        a = torch.ones(2, 3, requires_grad=True).clone()
        first, second = a**2, a**2
        seen = [kept(block)]
        with torch.no_grad():
            a.mul_(2)
        seen.append(kept(block))
        third = a**2
        seen.append(kept(block))
        with torch.no_grad():
            a.mul_(2)
        seen.append(kept(block))
        del first, second
        seen.append(kept(block))
        del third
        seen.append(kept(block))
        sines = a.sin().sum()
        sines.backward()
        a.sin_()
        seen.append(kept(block)[0])

    assert seen == [(0, 1, 1), (1, 0, 1), (1, 1, 2), (2, 0, 2), (1, 0, 1), (0, 0, 0), 0]
    assert kept(block) == (0, 0, 0)


def test_overwritten_value_goes_through_the_hooks(torch):
    """What an in-place operation saves of its target is packed like any other tensor."""
    packed = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(
            lambda one: (packed.append(one.tolist()), one)[1], lambda one: one * 0):
        y = x.clone()
        y.sin_()
    y.sum().backward()

    assert packed == [[1, 2]] and x.grad.tolist() == [1, 1]


# ------------------------------------------------------------------------- hooks of a saved tensor

PLACES = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.clone()
z, e = y * y, y.exp()
def same(value): return value
def place(): return z.grad_fn._raw_saved_self
def write(value): return value.add_(1)
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        result = x**3
        ctx.save_for_backward(x, None, result)
        return result
    @staticmethod
    def backward(ctx, g):
        x, _, result = ctx.saved_tensors
        return g * x * result
c = Cube.apply(y)
places = c.grad_fn._raw_saved_tensors
"""


@pytest.mark.parametrize("call", [
    "torch.autograd.SavedTensor()", "torch._C._autograd.SavedTensor is torch.autograd.SavedTensor",
    "repr(type(place()))", "isinstance(places[1], torch.autograd.SavedTensor)", "len(places)",
    "z.grad_fn._raw_saved_nothing", "place().register_hooks(same, same)",
    "place().register_hooks(lambda one: one * 2, same)\nz.grad_fn._saved_self",
    "place().register_hooks(same, lambda one: one * 5)\nz.sum().backward()\nx.grad",
    "place().register_hooks(same, same)\nz.grad_fn._saved_self.grad_fn is y.grad_fn",
    "place().register_hooks(same, same)\nplace().register_hooks(same, same)",
    "with torch.autograd.graph.saved_tensors_hooks(same, same):\n    z = y * y\n"
    "place().register_hooks(same, same)",
    "place().register_hooks(lambda one, other: one, same)", "place().register_hooks(write, same)",
    "place().register_hooks(same, lambda one: 1)\nz.grad_fn._saved_self",
    "z.sum().backward()\nplace().register_hooks(same, same)",
    "e.grad_fn._raw_saved_result.register_hooks(write, same)",
    "e.grad_fn._raw_saved_result.register_hooks(same, lambda one: one * 2)\n"
    "e.grad_fn._saved_result, e.grad_fn._saved_result.grad_fn is e.grad_fn",
    "places[1].register_hooks(same, same)",
    "places[0].register_hooks(lambda one: one * 2, same)\n"
    "places[2].register_hooks(same, lambda one: one * 5)\n"
    "c.grad_fn.saved_tensors, torch.autograd.grad(c.sum(), x)",
    "places[0].register_hooks(same, same)\n"
    "torch.autograd.grad(c.sum(), x, create_graph=True)[0].sum().backward()\nx.grad",
    "c.sum().backward()\nc.grad_fn._raw_saved_tensors",
    "seen = []\nplace().register_hooks(lambda one: seen.append(\n"
    "    (one.requires_grad, torch.is_grad_enabled())), same)\nseen",
])  # fmt: skip
def test_place_is_pytorchs(torch, reference, call):
    """Its hooks, and what it refuses."""
    assert_alike(f"{PLACES}\n{call}", torch, reference)


@pytest.mark.parametrize("hooks", [(), ("same",), (1, 1), ("same", 1)])
def test_what_is_no_pair_of_hooks_is_refused(torch, hooks):
    """With the text of PyTorch's binding, which ends in addresses."""
    z = torch.ones(2, requires_grad=True) ** 2
    given = [(lambda one: one) if one == "same" else one for one in hooks]

    with pytest.raises(TypeError, match=r"register_hooks\(\): incompatible function arguments. The "
                       r"following argument types are supported:\n    1. \(self: "):
        z.grad_fn._raw_saved_self.register_hooks(*given)


def test_packed_tensor_is_given_up(torch):
    """Once hooks have packed what a custom Function saved, nobody holds the tensor itself."""
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(factor)
            return x * factor

        @staticmethod
        def backward(ctx, gradient):
            return gradient * ctx.saved_tensors[0], None

    x, factor = torch.ones(2, requires_grad=True), torch.tensor([3.0, 4.0])
    y = Scale.apply(x, factor)
    y.grad_fn._raw_saved_tensors[0].register_hooks(lambda one: one.tolist(), torch.tensor)
    watched = weakref.ref(factor)
    del factor
    y.sum().backward()

    assert watched() is None and x.grad.tolist() == [3, 4]
