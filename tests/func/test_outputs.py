"""What transforms make of functions whose outputs have no derivative, or that have none."""

import pytest


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("returned", [None, ()], ids=str)
@pytest.mark.parametrize("title", ["vjp(f, *primals)", "jvp(f, primals, tangents)"])
def test_no_output(torch, title, returned):
    """A function that returns nothing is refused, and named by the transform that saw it."""
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="function that has non-empty output") as caught:
        if title[0] == "v":
            torch.func.vjp(lambda one: returned, x)
        else:
            torch.func.jvp(lambda one: returned, (x,), (x,))

    assert str(caught.value).startswith(title)


def test_integers_cannot_be_pulled_back(torch):
    """``vjp`` and ``jacrev`` refuse outputs that are no floating point numbers."""
    expected = r"vjp\(f, ...\): All outputs of f must be floating-point or complex Tensors"
    for transformed in (lambda x: torch.func.vjp(torch.Tensor.long, x),
                        torch.func.jacrev(torch.Tensor.long)):
        with pytest.raises(RuntimeError, match=expected):
            transformed(torch.ones(2))


def test_pull_back_outside_of_no_grad(torch):
    """A pull-back made under ``no_grad`` is recorded where it is called."""
    x = torch.tensor(3.0, requires_grad=True)
    with torch.no_grad():
        value, pull = torch.func.vjp(lambda one: one**2, x)
    (slope,) = pull(torch.tensor(1.0))

    assert not value.requires_grad
    assert torch.autograd.grad(slope, x)[0].item() == 2
