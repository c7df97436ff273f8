"""Operators whose other operand is a Python number."""

import numpy as np
import pytest

EASY = (2, 3, 0.5, -0.5, -1, -2, 2.0, 0, 1)
SPECIAL = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0]
VALUES = [*SPECIAL, *np.random.default_rng(0).normal(0, 3, 500)]
NUMBERS = [7, -3, 300, True, 2.5]
EXPRESSIONS = {
    "2 * x": lambda x, n: n * x, "x * 2": lambda x, n: x * n, "x + 2": lambda x, n: x + n,
    "2 - x": lambda x, n: n - x, "x / 2": lambda x, n: x / n, "x ** 2": lambda x, n: x**n,
}  # fmt: skip


@pytest.mark.parametrize("exponent", EASY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_easy_powers_are_exactly_those_of_pytorch(torch, reference, dtype, exponent):
    """A power that has a shorter way takes PyTorch's, to the last bit, also of special values.

    Roots are rounded right, where its own err by a unit in the last place on some processors.
    """
    expected = (reference.tensor(VALUES, dtype=getattr(reference, dtype)) ** exponent).numpy()
    if exponent == 0.5:
        with np.errstate(invalid="ignore"):
            roots = np.sqrt(np.array(VALUES, dtype))
        np.testing.assert_array_max_ulp(roots, expected, 1)
        expected = roots
    x = torch.tensor(VALUES, dtype=getattr(torch, dtype))

    for actual in (x**exponent, x.pow(exponent), torch.pow(x, exponent), x.clone().pow_(exponent)):
        np.testing.assert_array_equal(actual.numpy(), expected)
        signs = np.signbit(actual.numpy()) == np.signbit(expected)
        assert (signs | np.isnan(expected)).all()


@pytest.mark.parametrize("step", [slice(None, None, 2), slice(5, 5), slice(1, 2)])
def test_powers_of_views(torch, step):
    """Elements with gaps between them, none at all, and a single one."""
    x = torch.arange(1.0, 9.0)

    np.testing.assert_array_equal((x[step] ** 3).numpy(), x.numpy()[step] ** 3)


@pytest.mark.parametrize("exponent", [2, 3, 0.5, -0.5, -1, -2])
def test_derivatives_of_easy_powers(torch, exponent):
    """First and second derivatives are those of the formula."""
    x = torch.tensor([0.5, 1.5, 2.5], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad((x**exponent).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    values = x.detach().numpy()

    np.testing.assert_allclose(first.detach().numpy(), exponent * values ** (exponent - 1.0))
    np.testing.assert_allclose(
        second.numpy(), exponent * (exponent - 1) * values ** (exponent - 2.0), atol=1e-12
    )


def test_a_power_by_a_number_saves_its_exponent(torch):
    """The node shows what PyTorch's does, whichever way the power is computed."""
    node = (torch.ones(2, requires_grad=True) ** 2).grad_fn

    assert type(node).__name__ == "PowBackward0"
    assert node._saved_exponent == 2


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "bool"])
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("expression", ["2 * x", "x * 2", "x + 2"])
def test_numbers_meet_tensors_as_in_pytorch(torch, reference, expression, number, dtype):
    """Result and dtype for every kind of number beside every kind of tensor."""
    run = EXPRESSIONS[expression]
    expected = run(reference.tensor([1, 0, 3]).to(getattr(reference, dtype)), number)
    actual = run(torch.tensor([1, 0, 3]).to(getattr(torch, dtype)), number)

    assert str(actual.dtype) == str(expected.dtype)
    np.testing.assert_array_equal(actual.numpy(), expected.numpy())


@pytest.mark.parametrize("expression", list(EXPRESSIONS))
def test_a_number_of_more_than_64_bits_is_refused(torch, expression):
    """A whole number that no 64 bits hold is an error, also beside floats."""
    with pytest.raises(OverflowError, match="int too big to convert"):
        EXPRESSIONS[expression](torch.ones(2), 10**30)
