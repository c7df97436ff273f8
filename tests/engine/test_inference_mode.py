"""``inference_mode``: nothing is recorded, and its tensors are kept out of graphs."""

import pytest


def made_inside(torch):
    """A tensor made in inference mode."""
    with torch.inference_mode():
        return torch.ones(2)


def test_nothing_is_recorded(torch):
    """Results require no grad and have no history."""
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        y = x * 2
        flags = torch.is_inference_mode_enabled(), torch.is_grad_enabled(), y.is_inference()

    assert not y.requires_grad and y.grad_fn is None and flags == (True, False, True)
    assert not torch.is_inference_mode_enabled() and torch.is_grad_enabled()


def test_decorator(torch):
    """It decorates functions, with and without parentheses."""
    x = torch.ones(2, requires_grad=True)

    assert not torch.inference_mode()(lambda: x * 2)().requires_grad
    assert not torch.inference_mode(lambda: x * 2)().requires_grad


def test_switched_off_inside(torch):
    """inference_mode(False) inside records again."""
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode(), torch.inference_mode(False):
        y = x * 2

    assert y.requires_grad and not y.is_inference()


def test_no_version_counter(torch):
    """An inference tensor counts no writes."""
    with pytest.raises(RuntimeError, match="^Inference tensors do not track version counter."):
        made_inside(torch)._version


def test_normal_tensors_still_count(torch):
    """A normal tensor written inside counts the write and stays normal."""
    x = torch.ones(2)
    with torch.inference_mode():
        x.add_(1)

    assert x._version == 1 and not x.is_inference()


def test_cannot_be_saved(torch):
    """A graph that would save an inference tensor refuses."""
    x = torch.ones(2, requires_grad=True)

    with pytest.raises(RuntimeError, match="^Inference tensors cannot be saved for backward. "
                                           "Please do not use Tensors created in inference mode in "
                                           "computation tracked by autograd"):
        made_inside(torch) * x


def test_can_be_used_where_nothing_is_saved(torch):
    """An addition saves nothing and takes it."""
    x = torch.ones(2, requires_grad=True)
    y = made_inside(torch) + x
    y.sum().backward()

    assert x.grad.tolist() == [1.0, 1.0]


def test_cannot_be_written_outside(torch):
    """In-place operations outside are refused."""
    with pytest.raises(RuntimeError, match="^Inplace update to inference tensor outside "
                                           "InferenceMode is not allowed"):
        made_inside(torch).add_(1)


def test_cannot_require_grad_outside(torch):
    """requires_grad cannot be turned on outside."""
    with pytest.raises(RuntimeError, match="^Setting requires_grad=True on inference tensor "
                                           "outside InferenceMode is not allowed"):
        made_inside(torch).requires_grad_()


def test_clone_is_normal(torch):
    """A clone made outside is a normal tensor, a view is not."""
    x = made_inside(torch)

    assert not x.clone().is_inference() and not (x * 2).is_inference()
    assert x.view(1, 2).is_inference()


def test_view_of_a_normal_tensor_is_normal(torch):
    """A view made inside is normal, but refuses writes outside."""
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        view = (x).view(2, 1)

    assert not view.is_inference()
    with pytest.raises(RuntimeError, match="^A view was created in inference mode and is being "
                                           "modified inplace in normal mode"):
        view.add_(1)
