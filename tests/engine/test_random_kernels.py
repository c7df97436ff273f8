"""Draws side by side: the same on every instruction set."""

import numpy as np
import pytest

import tapegrad
from tapegrad._kernels import limit_vectors

BASELINE, AVX2, AVX512 = range(3)


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


@pytest.mark.parametrize("n", [16, 31, 257, 625, 5003])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("fill", ["normal_", "uniform_"])
def test_instruction_sets_agree(fill, dtype, n):
    """Plain C, AVX2 and AVX-512 draw the same bits, twice in a row."""
    found = []
    for level in (BASELINE, AVX2, AVX512):
        limit_vectors(level)
        tapegrad.manual_seed(n)
        x = tapegrad.empty(2, n, dtype=getattr(tapegrad, dtype))
        found.append([getattr(row, fill)(-3, 7).numpy().copy() for row in x])

    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
