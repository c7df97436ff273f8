"""Reading images in float16 and in PyTorch's order of sums, beside PyTorch."""

import numpy as np
import pytest


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_positions_are_rounded_as_pytorchs(torch, reference, mode, padding):
    """In float16 every step is rounded, so that the last bits agree too."""
    random = np.random.RandomState(0)
    image = random.uniform(-9, 9, (1, 2, 5, 6)).astype(np.float16)
    grid = random.uniform(-1.5, 1.5, (1, 9, 8, 2)).astype(np.float16)
    results = [library.nn.functional.grid_sample(
        library.from_numpy(image), library.from_numpy(grid), mode, padding, False).numpy()
        for library in (torch, reference)]

    assert results[0].dtype == np.float16
    assert np.array_equal(*results)


def test_a_gradient_in_half(torch):
    """Float16 is differentiated like the others."""
    image = torch.ones(1, 1, 3, 3, dtype=torch.float16, requires_grad=True)
    grid = torch.zeros(1, 1, 1, 2, dtype=torch.float16)
    torch.nn.functional.grid_sample(image, grid, align_corners=True).sum().backward()

    assert image.grad.dtype is torch.float16
    assert image.grad[0, 0, 1, 1].item() == 1.0 and image.grad.sum().item() == 1.0
