"""``autograd.Function``: what its context keeps and what its sweep does."""

import pytest
from sample_functions import define, scalar, square


def test_forward_and_backward(torch):
    """apply computes with forward and sweeps with backward."""
    x = scalar(torch)
    y = square(torch).apply(x)
    y.backward()

    assert y.item() == 9.0 and x.grad.item() == 6.0


def test_node_is_named_after_the_class(torch):
    """The result prints the Function's name with Backward; the name itself is the same."""
    y = square(torch).apply(scalar(torch))

    assert repr(y) == "tensor(9., grad_fn=<SampleBackward>)"
    assert y.grad_fn.name() == "SampleBackward"


def test_forward_does_not_record(torch):
    """Inside forward grad mode is off, and the inputs' history is out of reach."""
    seen = []

    def forward(ctx, x):
        seen.append((torch.is_grad_enabled(), (x * 2).requires_grad))
        return x * 2

    x = scalar(torch)
    define(torch, forward, lambda ctx, g: g * 2).apply(x * 1)

    assert seen == [(False, False)]


def test_double_backward(torch):
    """A backward written with tensor operations is differentiable."""
    x = scalar(torch)
    (g,) = torch.autograd.grad(square(torch).apply(x) * x, x, create_graph=True)
    (g2,) = torch.autograd.grad(g, x)

    assert g.item() == 27.0 and g2.item() == 18.0


def test_gradcheck_through_a_function(torch):
    """Both checks pass on a Function."""
    x = torch.tensor([0.5, -2.0], dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(square(torch).apply, (x,))
    assert torch.autograd.gradgradcheck(square(torch).apply, (x,))


def test_function_that_saves_nothing_can_be_swept_twice(torch):
    """Attributes of the context are not saved tensors."""
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x * factor

    x = scalar(torch)
    y = define(torch, forward, lambda ctx, g: (g * ctx.factor, None)).apply(x, 5)
    y.backward()
    y.backward()

    assert x.grad.item() == 10.0


def test_saved_output_is_rewrapped_on_its_graph(torch):
    """An output that was saved comes back with the node as its history."""
    seen = []

    def forward(ctx, x):
        out = x.exp()
        ctx.save_for_backward(out)
        return out

    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        seen.append(out.grad_fn is not None and out.grad_fn.name())
        return g * out

    x = scalar(torch, 0.0)
    y = define(torch, forward, backward).apply(x)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (g2,) = torch.autograd.grad(g, x)

    assert g.item() == 1.0 and g2.item() == 1.0 and "SampleBackward" in seen


def test_saved_input_is_the_same_tensor_on_its_graph(torch):
    """A saved leaf comes back requiring grad."""
    seen = []

    def forward(ctx, x):
        ctx.save_for_backward(x, None)
        return x * 2

    def backward(ctx, g):
        x, nothing = ctx.saved_tensors
        seen.append((x.requires_grad, x.is_leaf, nothing))
        return g * 2

    define(torch, forward, backward).apply(scalar(torch)).backward()

    assert seen == [(True, True, None)]


def test_needs_input_grad(torch):
    """The context tells which inputs want a gradient; what is no tensor does not."""
    seen = []

    def forward(ctx, a, b, n):
        seen.append(ctx.needs_input_grad)
        return a + b * n

    def backward(ctx, g):
        seen.append(ctx.needs_input_grad)
        return g, None, None

    define(torch, forward, backward).apply(scalar(torch), torch.ones(()), 2).backward()

    assert seen == [(True, False, False), (True, False, False)]


def test_mark_dirty(torch):
    """An input that forward overwrote is returned as itself, with the new history."""
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    x = scalar(torch)
    hidden = x * 1
    out = define(torch, forward, lambda ctx, g: g * 2).apply(hidden)
    out.backward()

    assert out is hidden and hidden.item() == 6.0 and x.grad.item() == 2.0


def test_mark_non_differentiable(torch):
    """A marked output requires no grad; its gradient arrives as zeros."""
    seen = []

    def forward(ctx, x):
        order = torch.tensor([1, 2, 0])
        ctx.mark_non_differentiable(order)
        ctx.save_for_backward(order)
        return x[order], order

    def backward(ctx, g, g_order):
        seen.append((g_order.dtype, g_order.tolist()))
        return torch.zeros(3).index_put((ctx.saved_tensors[0],), g)

    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, order = define(torch, forward, backward).apply(x)
    values.backward(torch.tensor([1.0, 2.0, 3.0]))

    assert not order.requires_grad and values.requires_grad
    assert x.grad.tolist() == [3.0, 1.0, 2.0] and seen == [(torch.int64, [0, 0, 0])]


def test_integer_output_requires_no_grad(torch):
    """An output of an integer dtype is never differentiable."""
    y = define(torch, lambda ctx, x: x.long(), lambda ctx, g: g).apply(scalar(torch))

    assert not y.requires_grad


def two_outputs(torch, materialize, seen):
    """A Function with two outputs that notes the gradients it is given."""
    def forward(ctx, x):
        ctx.set_materialize_grads(materialize)
        return x * 2, x * 3

    def backward(ctx, first, second):
        seen.append(tuple(g if g is None else g.item() for g in (first, second)))
        return first * 2 if second is None else first * 2 + second * 3

    return define(torch, forward, backward)


@pytest.mark.parametrize(("materialize", "expected"), [(True, (1.0, 0.0)), (False, (1.0, None))])
def test_materialized_gradients(torch, materialize, expected):
    """A gradient that never came is zeros, or None when the Function asked for that."""
    seen, x = [], scalar(torch)
    first, _ = two_outputs(torch, materialize, seen).apply(x)
    first.backward()

    assert seen == [expected] and x.grad.item() == 2.0


def test_several_outputs(torch):
    """The gradients of all outputs arrive in one call."""
    seen, x = [], scalar(torch)
    first, second = two_outputs(torch, True, seen).apply(x)
    (first * second).backward()

    assert seen == [(9.0, 6.0)] and x.grad.item() == 36.0
    assert (first.output_nr, second.output_nr) == (0, 1) and first.grad_fn is second.grad_fn


def test_outputs_that_are_no_tensors(torch):
    """Anything else is passed through, and has a place among backward's arguments."""
    def forward(ctx, x):
        return x * 2, "name"

    x = scalar(torch)
    y, name = define(torch, forward, lambda ctx, g, nothing: g * 2).apply(x)
    y.backward()

    assert name == "name" and x.grad.item() == 2.0


def test_input_returned_as_it_is(torch):
    """Returning an input unchanged gives a new tensor with the Function's node."""
    x = scalar(torch)
    y = define(torch, lambda ctx, x: x, lambda ctx, g: g * 7).apply(x)
    y.backward()

    assert y is not x and y.grad_fn.name() == "SampleBackward" and x.grad.item() == 7.0


def test_none_gradients_stop_the_sweep(torch):
    """None for an input means that nothing flows there."""
    a, b = scalar(torch), scalar(torch)
    define(torch, lambda ctx, a, b: a + b, lambda ctx, g: (None, g)).apply(a, b).backward()

    assert a.grad is None and b.grad.item() == 1.0


def test_once_differentiable(torch):
    """A backward marked so gives gradients, but no second ones."""
    from_decorator = torch.autograd.function.once_differentiable
    function = define(torch, lambda ctx, x: x * 2, from_decorator(lambda ctx, g: g * 2))
    x = scalar(torch)
    (g,) = torch.autograd.grad(function.apply(x) * x, x, create_graph=True)

    assert g.item() == 12.0
    with pytest.raises(RuntimeError, match="^trying to differentiate twice a function that was "
                                           "marked with @once_differentiable"):
        g.backward()


def test_setup_context_style(torch):
    """With setup_context the forward takes no context."""
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(a, b):
            return a * b

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.shape = output.shape

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            assert ctx.shape == g.shape
            return g * b, g * a

    a, b = scalar(torch, 2.0), scalar(torch, 5.0)
    Product.apply(a, b).backward()

    assert (a.grad.item(), b.grad.item()) == (5.0, 2.0)


def test_node_shows_the_context(torch):
    """Forward and backward get one context, and the result's grad_fn has its attributes."""
    contexts = []

    def forward(ctx, x):
        contexts.append(ctx)
        ctx.note = "from forward"
        return x * 2

    def backward(ctx, g):
        contexts.append(ctx)
        return g * 2

    y = define(torch, forward, backward).apply(scalar(torch))
    y.backward()

    assert contexts[0] is contexts[1] and y.grad_fn.note == "from forward"


def test_keyword_arguments_are_bound(torch):
    """apply takes the arguments of forward by name as well."""
    x = scalar(torch)
    square(torch).apply(x=x).backward()

    assert x.grad.item() == 6.0


def test_written_view_takes_its_base_along(torch):
    """A Function that overwrites a view puts the base behind itself as well."""
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(3)

    x = torch.ones(3, requires_grad=True)
    base = x * 1
    view = base[0]
    out = define(torch, forward, lambda ctx, g: g * 3).apply(view)
    (base * torch.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert out is view and base.grad_fn.name() == "torch::autograd::CopySlices"
    assert x.grad.tolist() == [3.0, 2.0, 3.0]


def test_older_name_of_saved_tensors(torch):
    """``ctx.saved_variables`` gives the saved tensors, and warns that it is deprecated."""
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            with pytest.warns(DeprecationWarning, match="use 'saved_tensors'"):
                (saved,) = ctx.saved_variables
            assert saved is x
            return g * 2

    x = torch.ones(2, requires_grad=True)
    Doubled.apply(x).sum().backward()

    assert x.grad.tolist() == [2, 2]
