"""Derivatives where a formula is 0 times infinity, at kinks and at NaN."""

import math

import pytest

INF, NAN = math.inf, math.nan


def gradients(torch, function, *values, order=1):
    """Differentiate the sum of a function of vectors by each, ``order`` times by the first."""
    inputs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    out = function(*inputs)
    for _ in range(order - 1):
        out, = torch.autograd.grad(out.sum(), inputs[0], create_graph=True)
    return torch.autograd.grad(out.sum(), inputs, allow_unused=True)


def assert_rows(found, *expected):
    """Compare each gradient with a row of numbers, NaN where NaN."""
    for one, row in zip(found, expected, strict=True):
        assert [str(v) for v in one.tolist()] == [str(v) for v in row]


def test_nextafter_passes_no_gradient_between_equal_numbers(torch):
    """The gradient goes to the first operand, but for equal ones."""
    found = gradients(torch, torch.nextafter, [0.0, 1.0, NAN], [0.0, 2.0, 1.0])

    assert_rows(found, [0.0, 1.0, 1.0], [0.0, 0.0, 0.0])


@pytest.mark.parametrize("name", [
    "elu", "celu", "hardtanh", "relu6", "hardshrink", "softshrink"])
def test_a_gradient_passes_at_nan(torch, name):
    """An activation of slope 1 above a kink lets the gradient through where it sees NaN."""
    found = gradients(torch, getattr(torch.nn.functional, name), [NAN])

    assert_rows(found, [1.0])


@pytest.mark.parametrize(("number", "slopes"), [
    (0, [0.0, 0.0, 0.0]), (1, [1.0, 1.0, 1.0]), (2, [0.0, INF, NAN])])
def test_powers_of_infinity(torch, number, slopes):
    """The slope of ``x ** 0`` is 0 and that of ``x ** 1`` is 1, even where x is not finite."""
    found = gradients(torch, lambda x: x ** number, [0.0, INF, NAN])

    assert_rows(found, slopes)


def test_a_power_of_zero(torch):
    """The slope of ``0 ** x`` is 0 from 0 on, and infinite below."""
    found = gradients(torch, lambda x: torch.pow(0.0, x), [0.0, 1.0, 2.5, -1.0, NAN])

    assert_rows(found, [0.0, 0.0, 0.0, -INF, NAN])


def test_second_derivative_of_prelu_at_zero(torch):
    """The gradient's gradient takes zero to be positive, and has no part of what never came."""
    weight = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([0.0, 1.0, -INF], dtype=torch.float64, requires_grad=True)
    g = torch.ones(3, dtype=torch.float64, requires_grad=True)
    slope, = torch.autograd.grad(torch.nn.functional.prelu(x, weight), x, g, create_graph=True)
    found = torch.autograd.grad(slope.sum(), [x, weight, g])

    assert slope.tolist() == [0.25, 1.0, 0.25]
    assert [one.tolist() for one in found] == [[0.0, 0.0, 0.0], 1.0, [1.0, 1.0, 0.25]]


def test_rounding_has_zeros_as_gradient_of_anything(torch):
    """The gradient of a step is 0 even if the incoming one is infinite."""
    x = torch.tensor([1.5], requires_grad=True)
    for function in (torch.floor, torch.round, torch.sign,
                     lambda x: torch.div(x, 2, rounding_mode="floor")):
        found, = torch.autograd.grad(function(x), x, torch.tensor([INF]))

        assert found.item() == 0.0


@pytest.mark.parametrize("divide", [
    lambda torch, x: torch.floor_divide(x, 2), lambda torch, x: x // 2, lambda torch, x: 5 // x,
    lambda torch, x: torch.floor_divide(x, x)])
def test_backward_through_floor_divide_raises(torch, divide):
    """The quotient is on the tape, but has no derivative."""
    x = torch.tensor([3.0], requires_grad=True)
    out = divide(torch, x)

    assert repr(out).endswith("grad_fn=<NotImplemented>)")
    with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
        out.backward()


def test_a_written_polygamma_has_a_gradient(torch):
    """The in-place form is recorded as one node, and differentiated at the old values."""
    x = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    y = (x * 1).polygamma_(1)
    y.backward()

    assert y.grad_fn.name() == "PolygammaBackward1"
    assert x.grad.item() == pytest.approx(torch.polygamma(2, x).item())


def test_polygamma_at_infinity(torch):
    """From the second order on it is NaN there, as PyTorch has it."""
    at = torch.tensor([INF], dtype=torch.float64)

    assert [str(torch.polygamma(n, at).item()) for n in range(4)] == ["inf", "0.0", "nan", "nan"]
    assert torch.polygamma(1, torch.tensor([1e300], dtype=torch.float64)).item() == 1e-300
