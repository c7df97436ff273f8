"""Batch norm and group norm, slab by slab: near the truth in any layout, alike on any processor."""

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors

BASELINE, AVX2, AVX512 = range(3)
EPS = 1e-5
SHAPES = [(3, 4, 50), (70, 2, 1), (2, 33, 1), (130, 3, 5)]  # channels, batch, places


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def slabs(shape: tuple, seed: int, offset: float = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(offset, 2, shape).astype(np.float32)


def with_packed_channels(array: np.ndarray) -> np.ndarray:
    """The same values with those of neighbouring channels side by side."""
    return np.ascontiguousarray(array.transpose(1, 2, 0)).transpose(2, 0, 1)


def forward(x, weight, bias):
    y, mean, var = np.empty_like(x), *np.empty((2, len(x)), np.float32)
    OURS["batch_norm"](x, weight, bias, y, mean, var, params=(EPS,))
    return y, mean, var


def backward(g, x, weight, mean, var, is_given):
    gx, *sums = np.empty_like(x), *np.zeros((2, *weight.shape), np.float32)
    OURS["batch_norm_backward"](g, x, weight, mean, var, gx, *sums, params=(EPS, is_given))
    return gx, *sums


def exact_backward(g, x, weight, mean, var, is_given):
    """All three gradients by their formula, in float64."""
    g, x, weight = (one.astype(np.float64) for one in (g, x, weight))
    rstd = 1 / np.sqrt(var + EPS)[:, None, None]
    unit, inner = (x - mean[:, None, None]) * rstd, g * weight[:, :, None]
    slope = inner
    if not is_given:
        along = (inner * unit).mean((1, 2), keepdims=True)
        slope = inner - inner.mean((1, 2), keepdims=True) - unit * along
    sums = [(g * unit).sum(2), g.sum(2)]
    if weight.shape[1] == 1:
        sums = [one.sum(1, keepdims=True) for one in sums]
    return slope * rstd, *sums


def weights(shape: tuple, n_rows: int, seed: int) -> np.ndarray:
    return slabs((shape[0], n_rows), seed)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("is_by_row", [False, True])
class TestRows:
    def test_forward_is_near_the_truth(self, shape, is_by_row):
        """Also where the mean is 500 deviations from zero: no digit of the input is lost."""
        x = slabs(shape, 0, offset=1000)
        weight, bias = (weights(shape, shape[1] if is_by_row else 1, seed) for seed in (1, 2))
        y, mean, var = forward(x, weight, bias)
        exact = x.astype(np.float64)
        centre, spread = exact.mean((1, 2)), exact.var((1, 2))
        unit = (exact - centre[:, None, None]) / np.sqrt(spread + EPS)[:, None, None]

        np.testing.assert_allclose(mean, centre, rtol=1e-7)
        np.testing.assert_allclose(var, spread, rtol=1e-6)
        np.testing.assert_allclose(
            y, unit * weight[:, :, None] + bias[:, :, None], rtol=1e-6, atol=1e-6
        )

    @pytest.mark.parametrize("is_given", [False, True])
    def test_backward_is_the_formula(self, shape, is_by_row, is_given):
        """All three gradients, by the slabs' own statistics and by given ones."""
        x, g = slabs(shape, 0), slabs(shape, 1)
        weight = weights(shape, shape[1] if is_by_row else 1, 2)
        mean, var = x.mean((1, 2)), x.var((1, 2)) + is_given

        for found, truth in zip(
            backward(g, x, weight, mean, var, is_given),
            exact_backward(g, x, weight, mean, var, is_given), strict=True,
        ):  # fmt: skip
            np.testing.assert_allclose(found, truth, rtol=1e-5, atol=5e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
class TestLayouts:
    def test_columns_are_rows(self, shape):
        """Values with packed channels give what packed places give, up to rounding."""
        x, g = slabs(shape, 0), slabs(shape, 1)
        weight, bias = weights(shape, 1, 2), weights(shape, 1, 3)
        by_rows = [*forward(x, weight, bias)]
        by_columns = [*forward(with_packed_channels(x), weight, bias)]
        by_rows += backward(g, x, weight, *by_rows[1:], False)
        by_columns += backward(
            with_packed_channels(g), with_packed_channels(x), weight, *by_columns[1:3], False
        )

        for row, column in zip(by_rows, by_columns, strict=True):
            np.testing.assert_allclose(column, row, rtol=2e-6, atol=2e-6)

    @pytest.mark.parametrize("laid", [np.ascontiguousarray, with_packed_channels])
    def test_instruction_sets_agree(self, shape, laid):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        x, g = laid(slabs(shape, 0)), laid(slabs(shape, 1))
        weight, bias = weights(shape, 1, 2), weights(shape, 1, 3)
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            y, mean, var = forward(x, weight, bias)
            found.append([y, mean, var, *backward(g, x, weight, mean, var, False)])

        for a, b, c in zip(*found, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)


def test_given_statistics_are_those_of_the_slabs():
    """What was found is what gives the same result again."""
    shape = SHAPES[0]
    x, weight, bias = slabs(shape, 0), weights(shape, 1, 1), weights(shape, 1, 2)
    y, mean, var = forward(x, weight, bias)
    again = np.empty_like(x)
    OURS["batch_norm_given"](x, weight, bias, mean, var, again, params=(EPS,))

    np.testing.assert_allclose(again, y, rtol=1e-6, atol=1e-6)


def test_an_infinite_value_spoils_its_own_slab_alone():
    """Its channel is NaN, the others are what they were."""
    x, ones = slabs((3, 2, 20), 0), np.ones((3, 1), np.float32)
    clean = forward(x, ones, ones)[0]
    x[1, 1, 7] = np.inf
    spoilt = forward(x, ones, ones)[0]

    assert np.isnan(spoilt[1]).all()
    np.testing.assert_array_equal(spoilt[[0, 2]], clean[[0, 2]])
