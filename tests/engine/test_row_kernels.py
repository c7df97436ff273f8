"""Softmax and its kin, row by row: near the truth, and the same on every instruction set."""

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors

BASELINE, AVX2, AVX512 = range(3)
SIZES = (1, 10, 15, 16, 33, 511, 512, 513, 5000)


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def rows(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 10, (3, n)).astype(np.float32)


def applied(name: str, *inputs: np.ndarray) -> np.ndarray:
    out = np.empty_like(inputs[0])
    OURS[name](*inputs, out)
    return out


def results(n: int) -> list:
    x, g = rows(n), rows(n, seed=1)
    softmax, log_softmax = applied("softmax", x), applied("log_softmax", x)
    return [
        softmax,
        log_softmax,
        applied("softmax_backward", g, softmax),
        applied("log_softmax_backward", g, log_softmax),
    ]


@pytest.mark.parametrize("n", SIZES)
class TestSoftmax:
    def test_is_near_the_truth(self, n):
        """As near as the difference to the maximum, rounded to float32, lets them be."""
        x = rows(n)
        exact = x.astype(np.float64) - x.max(1, keepdims=True)
        truth = exact - np.log(np.exp(exact).sum(1, keepdims=True))
        allowed = 2.0**-22 * np.maximum(np.abs(exact), 1)
        ratio = applied("softmax", x) / np.exp(truth)

        assert np.all(np.abs(applied("log_softmax", x) - truth) <= allowed)
        assert np.all(np.abs(ratio - 1)[truth > -87] <= allowed[truth > -87])

    def test_keeps_subnormal_powers(self, n):
        """What is less than the smallest normal number is rounded, not lost."""
        x = np.full((1, n + 1), -200, np.float32)
        x[0, 0] = 0
        x[0, n // 2 + 1 :] = -95
        truth = np.exp(x.astype(np.float64)).astype(np.float32)
        found = applied("softmax", x)

        assert np.abs(found - truth)[0, 1:].max() <= 2 * np.finfo(np.float32).smallest_subnormal
        assert found[0, -1] > 0

    def test_instruction_sets_agree(self, n):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append(results(n))

        for one, other in ((0, 1), (0, 2)):
            for a, b in zip(found[one], found[other], strict=True):
                np.testing.assert_array_equal(a, b)

    def test_strided_rows_give_the_same(self, n):
        """Elements apart in memory give the bits of packed ones."""
        x = np.repeat(rows(n), 2, axis=1)[:, ::2]

        np.testing.assert_array_equal(applied("softmax", x), applied("softmax", rows(n)))

    def test_rows_do_not_see_their_neighbours(self, n):
        """A row alone gives the bits that it gives among others."""
        among, alone = applied("log_softmax", rows(n)), applied("log_softmax", rows(n)[1:2])

        np.testing.assert_array_equal(among[1:2], alone)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [3, 16, 17, 24, 25, 33, 64, 65])
def test_short_rows_together_are_those_alone(n, dtype):
    """Rows that are turned and walked together give the bits that each gives alone."""
    x, g = (np.random.default_rng(k).normal(0, 4, (150, n)).astype(dtype) for k in (0, 1))
    for name in ("softmax", "log_softmax"):
        output = applied(name, x)
        slopes = applied(f"{name}_backward", g, output)

        for row in (0, 70, 149):
            one = slice(row, row + 1)
            np.testing.assert_array_equal(output[one], applied(name, x[one]))
            alone = applied(f"{name}_backward", g[one], output[one])
            np.testing.assert_array_equal(slopes[one], alone)


def by_columns(array: np.ndarray) -> np.ndarray:
    """The same values, neighbouring rows side by side in memory."""
    return np.asfortranarray(array)


@pytest.mark.parametrize("shape", [(2, 3), (130, 40), (33, 600)], ids=str)
class TestColumns:
    @staticmethod
    def results(shape: tuple, laid) -> list:
        x, g = (np.random.default_rng(k).normal(0, 10, shape).astype(np.float32) for k in (0, 1))
        x, g = laid(x), laid(g)
        softmax, log_softmax = applied("softmax", x), applied("log_softmax", x)
        return [
            softmax, log_softmax, applied("softmax_backward", g, softmax),
            applied("log_softmax_backward", g, log_softmax),
        ]  # fmt: skip

    def test_columns_are_rows(self, shape):
        """Along columns there is what there is along rows, up to the order of sums."""
        for column, row in zip(
            self.results(shape, by_columns), self.results(shape, np.ascontiguousarray), strict=True
        ):
            np.testing.assert_allclose(column, row, rtol=2e-6, atol=2e-6)

    def test_instruction_sets_agree(self, shape):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append(self.results(shape, by_columns))

        for a, b, c in zip(*found, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)


def test_hopeless_columns():
    """A column of minus infinity, or with NaN, is NaN; the others are not."""
    inf = np.inf
    x = by_columns(np.float32([[0, -inf, 1], [-inf] * 3, [np.nan, 1, 1], [1, 1, 1]]))
    is_nan = np.isnan(applied("softmax", x)).all(1)

    np.testing.assert_array_equal(is_nan, [False, True, True, False])


def test_masked_and_hopeless_rows():
    """Minus infinity weighs nothing; a row of nothing else, or with NaN, is NaN."""
    inf = np.inf
    x = np.float32([[0, -inf] * 20, [-inf] * 40, [np.nan, *[1] * 39]])
    result = applied("softmax", x)

    np.testing.assert_allclose(result[0], [0.05, 0] * 20, rtol=1e-6)
    assert np.isnan(result[1:]).all()


def layer_norm_gradients(x, g, weight):
    """The gradients of layer norm by their formula, in float64."""
    x, g, weight = (one.astype(np.float64) for one in (x, g, weight))
    centred = x - x.mean(1, keepdims=True)
    rstd = 1 / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    unit, inner = centred * rstd, g * weight
    along = unit * (inner * unit).mean(1, keepdims=True)
    return (
        (inner - inner.mean(1, keepdims=True) - along) * rstd,
        (g * unit).sum(0),
        g.sum(0),
    )


@pytest.mark.parametrize("n", [2, 15, 33, 768])
class TestLayerNormBackward:
    @staticmethod
    def run(x, g, weight):
        gx, *sums = np.empty_like(x), np.zeros_like(weight), np.zeros_like(weight)
        exact = x.astype(np.float64)
        mean, rstd = exact.mean(1), 1 / np.sqrt(exact.var(1) + 1e-5)
        OURS["layer_norm_backward"](g, x, weight, mean, rstd, gx, *sums)
        return gx, *sums

    def test_is_the_formula(self, n):
        """All three gradients are near their formula in float64, for rows far from zero as well."""
        x, g, weight = rows(n) + 50, rows(n, seed=1), rows(n, seed=2)[0]

        for found, truth in zip(
            self.run(x, g, weight), layer_norm_gradients(x, g, weight), strict=True
        ):
            np.testing.assert_allclose(found, truth, rtol=1e-5, atol=2e-5)

    def test_instruction_sets_agree(self, n):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        x, g, weight = rows(n), rows(n, seed=1), rows(n, seed=2)[0]
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append(self.run(x, g, weight))

        for a, b, c in zip(*found, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)
