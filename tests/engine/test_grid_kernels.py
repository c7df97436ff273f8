"""Images read at the positions of a grid, a block at a time: the same on every instruction set."""

import itertools

import numpy as np
import pytest

import tapegrad
from tapegrad._kernels import limit_vectors

BASELINE, AVX2, AVX512 = range(3)
N = 150  # positions: two blocks and a part of one


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def result_and_gradients(dtype: type, n_axes: int, how: tuple) -> list[np.ndarray]:
    """Positions on elements, between them, at borders, far outside, and one that is no number."""
    random = np.random.default_rng(0)
    image = random.normal(size=(2, 3, *(4, 5, 6)[:n_axes])).astype(np.float32)
    grid = random.uniform(-3, 3, (2, *(1, 1, N)[-n_axes:], n_axes)).astype(np.float32)
    flat = grid.reshape(-1)
    flat[:8] = -1, 1, 0, 0.5, np.nan, 1e30, -1e30, np.inf
    input = tapegrad.tensor(image.astype(dtype), requires_grad=True)
    positions = tapegrad.tensor(grid.astype(dtype), requires_grad=True)
    out = tapegrad.nn.functional.grid_sample(input, positions, *how)
    weights = tapegrad.tensor(random.normal(size=out.shape).astype(dtype))
    return [out.detach().numpy(),
            *(one.numpy() for one in tapegrad.autograd.grad(out, (input, positions), weights))]


WAYS = [
    (n_axes, (mode, padding, aligned))
    for n_axes, mode, padding, aligned in itertools.product(
        (2, 3), ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (True, False)
    )
    if n_axes == 2 or mode != "bicubic"
]


@pytest.mark.parametrize(("n_axes", "how"), WAYS, ids=str)
class TestGridSample:
    def test_instruction_sets_agree(self, n_axes, how):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append(result_and_gradients(np.float32, n_axes, how))

        for one, other in ((0, 1), (0, 2)):
            for a, b in zip(found[one], found[other], strict=True):
                np.testing.assert_array_equal(a, b)
