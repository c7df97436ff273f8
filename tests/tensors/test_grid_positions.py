"""Positions of a grid that are no number, or beyond all images."""

import math

import pytest
from beside import assert_alike

MODES = {4: ("bilinear", "nearest", "bicubic"), 5: ("bilinear", "nearest")}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("ndim", [4, 5])
def test_no_number(torch, reference, ndim, padding, dtype):
    """A plane answers nan, or its first element under a padding; a volume 0, or its last."""
    n_axes = ndim - 2
    made = (f"x = torch.arange({3**n_axes}, dtype=torch.{dtype});"
            f" x = x.reshape({(1, 1) + (3,) * n_axes});"
            f" g = torch.full({(1,) * n_axes + (20, n_axes)}, 0.1, dtype=torch.{dtype})")
    for mode in MODES[ndim]:
        for bad in (math.nan, math.inf, -math.inf):
            for axis in range(n_axes):
                assert_alike(f"{made}; g[..., 7:, {axis}] = float('{bad}');"
                             f" torch.nn.functional.grid_sample(x + 1, g, '{mode}', '{padding}',"
                             " align_corners=True)", torch, reference)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_gradients_at_no_number(torch, reference, mode):
    """What was read is 0, by weights that are nan."""
    assert_alike("x = torch.ones(1, 1, 3, 3, requires_grad=True); g = torch.full((1, 1, 2, 2), .1);"
                 " g[..., 0] = float('nan'); g.requires_grad_();"
                 f" torch.nn.functional.grid_sample(x, g, '{mode}', align_corners=True).sum()"
                 ".backward(); (x.grad, g.grad)", torch, reference)
