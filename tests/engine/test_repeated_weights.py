"""A weight that is used again and again: its products are gathered, its gradient is their sum."""

import numpy as np
import pytest

N_STEPS = 300  # more rows than are gathered at once


def weight_and_rows(torch, n_rows: int, dtype: str = "float64"):
    rows = np.random.default_rng(0).normal(size=(N_STEPS, n_rows, 3))
    weight = torch.ones(2, 3, dtype=getattr(torch, dtype), requires_grad=True)
    return weight, torch.tensor(rows, dtype=weight.dtype)


@pytest.mark.parametrize("n_rows", [1, 5, 65])
def test_the_gradient_is_the_sum_of_all_products(torch, n_rows):
    """However many rows a step has, and whichever of them are put off."""
    weight, steps = weight_and_rows(torch, n_rows)
    factors = torch.arange(1.0, N_STEPS + 1, dtype=weight.dtype)
    sum(
        (torch.nn.functional.linear(x, weight, torch.zeros(2, dtype=weight.dtype)) * k).sum()
        for x, k in zip(steps, factors, strict=True)
    ).backward()
    expected = np.tile((steps.numpy() * factors.numpy()[:, None, None]).sum((0, 1)), (2, 1))

    np.testing.assert_allclose(weight.grad.numpy(), expected)


def test_vectors(torch):
    """A matrix times a vector gives an outer product a step."""
    weight, steps = weight_and_rows(torch, 1)
    sum((weight @ x[0]).sum() for x in steps).backward()

    np.testing.assert_allclose(weight.grad.numpy(), np.tile(steps.numpy().sum((0, 1)), (2, 1)))


def test_gradients_that_are_no_products_are_added(torch):
    """Before, between and after products other uses count as well."""
    weight, steps = weight_and_rows(torch, 1)
    parts = [weight.sum(), (weight @ steps[0, 0]).sum(), (weight * 2).sum()]
    parts += [(weight @ x[0]).sum() for x in steps[1:5]] + [weight.t()[0].sum()]
    sum(parts).backward()
    expected = np.tile(steps.numpy()[:5].sum((0, 1)), (2, 1)) + 3 + np.array([1, 0, 0])

    np.testing.assert_allclose(weight.grad.numpy(), expected)


def test_hooks_see_the_whole_gradient_once(torch):
    """A hook of the weight runs once, with the sum, and may replace it."""
    weight, steps = weight_and_rows(torch, 1)
    seen = []
    weight.register_hook(lambda g: seen.append(g.clone()) or g * 2)
    sum((weight @ x[0]).sum() for x in steps[:9]).backward()

    assert len(seen) == 1
    np.testing.assert_allclose(weight.grad.numpy(), 2 * seen[0].numpy())


def test_both_kinds_of_sweep_agree(torch):
    """With create_graph every product is made, and the derivative of the gradient is right."""
    weight, steps = weight_and_rows(torch, 2)

    def loss():
        return sum((x @ weight.t()).pow(2).sum() for x in steps[:7])

    (plain,) = torch.autograd.grad(loss(), weight)
    (recorded,) = torch.autograd.grad(loss(), weight, create_graph=True)
    (second,) = torch.autograd.grad(recorded.sum(), weight)
    flat = steps.numpy()[:7].reshape(-1, 3)

    np.testing.assert_allclose(plain.numpy(), recorded.detach().numpy())
    np.testing.assert_allclose(second.numpy(), np.tile(2 * (flat.T @ flat).sum(0), (2, 1)))


def test_a_row_written_after_it_was_gathered_counts_as_it_was(torch):
    """What a hook writes into a saved row later in the sweep changes no product before."""
    weight, steps = weight_and_rows(torch, 1)
    rows = [x[0].clone() for x in steps[:4]]
    first = (weight @ rows[0]) * 1.0
    outputs = [first, *[weight @ x for x in rows[1:]]]

    def write(g):
        for row in rows[1:]:
            row.data.zero_()

    first.register_hook(write)
    sum(out.sum() for out in outputs).backward()

    np.testing.assert_allclose(weight.grad.numpy(), np.tile(steps.numpy()[:4].sum((0, 1)), (2, 1)))
