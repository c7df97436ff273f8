"""Images read at the positions of a grid: the kernel's gradients are those of the formula."""

import warnings

import numpy as np
import pytest

PADDINGS = ["zeros", "border", "reflection"]


@pytest.mark.parametrize("aligned", [True, False], ids=["aligned", "not aligned"])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("mode", "n_axes"), [("bilinear", 2), ("nearest", 2), ("bicubic", 2),
                                              ("bilinear", 3), ("nearest", 3)])  # fmt: skip
def test_plain_and_recorded_gradients_agree(torch, mode, n_axes, padding, aligned):
    """With ``create_graph`` or without it, also where positions lie far outside."""
    torch.manual_seed(0)
    input = torch.randn(2, 3, *(5, 4, 6)[:n_axes], dtype=torch.float64).transpose(0, 1)
    grid = torch.rand(3, *(3, 7, 2)[:n_axes], n_axes, dtype=torch.float64) * 5 - 2.5
    input.requires_grad_(), grid.requires_grad_()
    gradients = []
    for create_graph in (False, True):
        out = torch.nn.functional.grid_sample(input, grid, mode, padding, aligned)
        weights = torch.arange(float(out.numel()), dtype=torch.float64).reshape(out.shape).cos()
        gradients.append(torch.autograd.grad((out * weights).sum(), (input, grid),
                                             create_graph=create_graph))  # fmt: skip

    for plain, recorded in zip(*gradients, strict=True):
        np.testing.assert_allclose(plain.numpy(), recorded.detach().numpy(), atol=1e-12)


def test_positions_outside_read_nothing(torch):
    """What an image holds does not matter there, and nothing goes into its gradient."""
    input = torch.full((1, 1, 2, 2), float("nan"), requires_grad=True)
    grid = torch.full((1, 1, 1, 2), 9.0)

    out = torch.nn.functional.grid_sample(input, grid, align_corners=False)
    out.sum().backward()

    assert out.item() == 0
    assert not input.grad.any()


@pytest.mark.parametrize(("size", "aligned", "n_warnings"), [
    ((1, 1, 2, 1), True, 1), ((1, 1, 2, 1), False, 0), ((1, 1, 2, 2), True, 0),
])
def test_grids_of_one_column(torch, size, aligned, n_warnings):
    """The corners of a single column are its middle, of which a warning tells."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        grid = torch.nn.functional.affine_grid(
            torch.eye(2, 3)[None], size, align_corners=aligned)

    assert grid.shape == (1, *size[2:], 2)
    assert len(seen) == n_warnings
    assert all("for unit-size grids when align_corners=True" in str(one.message) for one in seen)
