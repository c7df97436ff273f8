"""``autograd.Function``: what is refused, what is left alone, and with which words."""

import pytest
from sample_functions import define, scalar, square


def test_saved_tensors_are_gone_after_the_sweep(torch):
    """The second sweep raises; with retain_graph it passes."""
    x = scalar(torch)
    y = square(torch).apply(x)
    y.backward(retain_graph=True)
    y.backward()

    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_changed_saved_tensor_is_noticed(torch):
    """An in-place write to a saved input is reported when it is read."""
    x = scalar(torch)
    hidden = x * 1
    y = square(torch).apply(hidden)
    with torch.no_grad():
        hidden.mul_(2)

    with pytest.raises(RuntimeError, match="^one of the variables needed for gradient computation "
                                           "has been modified by an inplace operation"):
        y.backward()


def test_mark_dirty_on_a_leaf_raises(torch):
    """A leaf cannot be overwritten in a Function either."""
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    with pytest.raises(RuntimeError, match="^a leaf Variable that requires grad has been used in "
                                           "an in-place operation"):
        define(torch, forward, lambda ctx, g: g * 2).apply(scalar(torch))


def test_list_of_outputs_is_not_tracked(torch):
    """Forward returns a tensor or a tuple of them; a list is passed through as it is."""
    (y,) = define(torch, lambda ctx, x: [x * 2], lambda ctx, g: g).apply(scalar(torch))

    assert y.item() == 6.0 and not y.requires_grad


def test_trailing_none_gradients_may_be_more(torch):
    """Extra gradients are tolerated when they are None."""
    x = scalar(torch)
    define(torch, lambda ctx, x: x * 2, lambda ctx, g: (g * 2, None, None)).apply(x).backward()

    assert x.grad.item() == 2.0


@pytest.mark.parametrize(("n_given", "text"), [
    (1, "function SampleBackward returned an incorrect number of gradients (expected 2, got 1)"),
    (3, "function SampleBackward returned an incorrect number of gradients (expected 2, got 3)"),
])
def test_wrong_number_of_gradients(torch, n_given, text):
    """Backward returns one gradient for each argument of forward."""
    function = define(torch, lambda ctx, a, b: a + b, lambda ctx, g: (g,) * n_given)

    with pytest.raises(RuntimeError) as caught:
        function.apply(scalar(torch), scalar(torch)).backward()
    assert str(caught.value).startswith(text)


def test_gradient_of_a_wrong_shape(torch):
    """A gradient that cannot be summed to the input's shape is refused."""
    function = define(torch, lambda ctx, x: x * 2, lambda ctx, g: torch.ones(5))

    with pytest.raises(RuntimeError, match=r"^Function SampleBackward returned an invalid gradient "
                                           r"at index 0 - got \[5\] but expected shape compatible "
                                           r"with \[2\]"):
        function.apply(torch.ones(2, requires_grad=True)).sum().backward()


def test_gradient_that_is_no_tensor(torch):
    """A number is no gradient."""
    function = define(torch, lambda ctx, x: x * 2, lambda ctx, g: 3.0)

    with pytest.raises(RuntimeError, match=r"^expected Variable or None \(got float\)"):
        function.apply(scalar(torch)).backward()


def test_gradient_that_broadcasts_is_summed(torch):
    """A gradient of a larger shape is summed to the input's."""
    x = torch.ones(2, requires_grad=True)
    define(torch, lambda ctx, x: x.sum(), lambda ctx, g: torch.ones(3, 2)).apply(x).backward()

    assert x.grad.tolist() == [3.0, 3.0]


def test_missing_backward(torch):
    """A Function without a backward says so when it is swept."""
    function = type("Sample", (torch.autograd.Function,),
                    {"forward": staticmethod(lambda ctx, x: x * 2)})

    with pytest.raises(NotImplementedError, match="^You must implement either the backward or vjp "
                                                  "method for your custom autograd.Function"):
        function.apply(scalar(torch)).backward()


def test_missing_forward(torch):
    """A Function without a forward cannot be applied."""
    function = type("Sample", (torch.autograd.Function,), {})

    with pytest.raises(NotImplementedError, match="^You must implement the forward function for "
                                                  "custom autograd.Function."):
        function.apply(scalar(torch))


def test_function_with_an_instance_is_refused(torch):
    """The old style with an instance is refused."""
    with (pytest.warns(DeprecationWarning, match="should not be instantiated"),
          pytest.raises(RuntimeError, match="^Legacy autograd function with non-static forward "
                                            "method is deprecated")):
        torch.autograd.Function()(scalar(torch))


def test_nothing_is_recorded_under_no_grad(torch):
    """Under no_grad a Function computes only."""
    with torch.no_grad():
        y = square(torch).apply(scalar(torch))

    assert y.grad_fn is None and not y.requires_grad


def test_nothing_is_recorded_without_grad_inputs(torch):
    """Without an input that requires grad a Function computes only."""
    y = square(torch).apply(torch.tensor(3.0))

    assert y.grad_fn is None and y.item() == 9.0


def test_tensors_in_containers_are_not_inputs(torch):
    """A tensor inside a list is not tracked."""
    function = define(torch, lambda ctx, xs: xs[0] * 2, lambda ctx, g: None)

    assert not function.apply([scalar(torch)]).requires_grad


def test_error_in_backward_reaches_the_caller(torch):
    """What a backward raises comes out as it was raised."""
    def backward(ctx, g):
        raise ZeroDivisionError("in backward")

    with pytest.raises(ZeroDivisionError, match="in backward"):
        define(torch, lambda ctx, x: x * 2, backward).apply(scalar(torch)).backward()


def test_function_view_cannot_be_changed_in_place_silently(torch):
    """A view made inside a Function refuses in-place writes."""
    function = define(torch, lambda ctx, x: x.view(-1), lambda ctx, g: g.view(1, 2))
    x = torch.ones(1, 2, requires_grad=True)
    y = function.apply(x * 1)

    with pytest.raises(RuntimeError, match="^Output 0 of Sample is a view and is being modified "
                                           "inplace. This view was created inside a custom "
                                           "Function"):
        y.add_(1)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        ("save_for_backward(x, 3)", TypeError,
         "save_for_backward can only save variables, but argument 1 is of type int"),
        ("mark_dirty([x])", RuntimeError, "mark_dirty can only accept variables, but argument "),
        ("mark_non_differentiable(3)", RuntimeError,
         "mark_non_differentiable only accepts variable arguments, but got "),
        ("set_materialize_grads(3)", TypeError,
         "set_materialize_grads received an invalid combination of arguments - got (), but "
         "expected (bool)"),
        ("save_for_forward(3)", AssertionError,
         "save_for_forward expects all arguments to be tensors; you should save non-tensors as "
         "attributes on ctx."),
        ("no_such_thing", AttributeError, "'MarkBackward' object has no attribute 'no_such_thing'"),
    ],
)
def test_context_refuses_what_is_no_tensor(torch, call, error, text):
    """A context is named after its Function, and says which of its methods was misused."""

    class Mark(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            eval(f"ctx.{call}", {"ctx": ctx, "x": x})
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(error) as caught:
        Mark.apply(torch.ones(2, requires_grad=True))

    assert str(caught.value) == text
