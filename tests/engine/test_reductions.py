"""Reductions and scans over rows and columns: near the truth, and the same everywhere."""

from itertools import combinations, product

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors

BASELINE, AVX2, AVX512 = range(3)
# Around the blocks of the loops: elements of a row, rows that are joined or turned, columns side by
# side.
SHAPES = [(1, 7), (3, 33), (9, 511), (9, 513), (40, 1500), (65, 600), (1100, 9),
          (600, 1030), (12, 9000), (1, 70_001), (200, 3), (7, 10), (130, 17), (72, 32), (67, 40),
          (66, 64), (100, 101), (5, 255), (7, 256), (6, 2048), (9, 2049), (3, 4100)]


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def matrix(shape: tuple, dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, shape).astype(dtype)


def over_rows(name: str, x: np.ndarray, dtype=None) -> np.ndarray:
    out = np.empty(x.shape[:1], dtype or x.dtype)
    OURS[name](x, out)
    return out


def scanned(name: str, x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    OURS[name](x, out)
    return out


def both_ways(x: np.ndarray) -> tuple:
    """The matrix with rows in memory, and the same one with columns there."""
    return x, np.asfortranarray(x)


@pytest.mark.parametrize("shape", SHAPES)
class TestReductions:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_sum_grows_its_error_slowly(self, shape, dtype):
        """Twenty roundings of the sum of sizes bound the error of thousands of additions."""
        for x in both_ways(matrix(shape, dtype)):
            exact = x.astype(np.longdouble).sum(1)
            sizes = np.abs(x).astype(np.float64).sum(1)

            assert np.all(np.abs(over_rows("sum", x) - exact) <= 20 * np.finfo(dtype).eps * sizes)

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8])
    def test_extremes_name_the_first_of_equals(self, shape, dtype):
        """NumPy finds the same values at the same places."""
        for x in both_ways((8 * matrix(shape)).astype(np.int8).astype(dtype)):
            np.testing.assert_array_equal(over_rows("max", x), x.max(1))
            np.testing.assert_array_equal(over_rows("min", x), x.min(1))
            np.testing.assert_array_equal(over_rows("argmax", x, np.int64), x.argmax(1))
            np.testing.assert_array_equal(over_rows("argmin", x, np.int64), x.argmin(1))

    def test_first_nan_wins(self, shape):
        """A NaN is the extreme, and the first of several is named."""
        x = matrix(shape)
        for row, place in enumerate(np.random.default_rng(1).integers(shape[1], size=shape[0])):
            x[row, place:: max(1, shape[1] // 3)] = np.nan
        places = np.isnan(x).argmax(1)

        for one in both_ways(x):
            for name in ("max", "min"):
                values, found = np.empty(shape[0], np.float32), np.empty(shape[0], np.int64)
                OURS[f"{name}_with_index"](one, values, found)

                assert np.isnan(values).all() and np.isnan(over_rows(name, one)).all()
                np.testing.assert_array_equal(found, places)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_rows_do_not_depend_on_their_neighbours(self, shape, dtype):
        """A row among others, alone, and with gaps between its elements gives the same bits."""
        x = matrix(shape, dtype)
        apart = np.repeat(x, 2, axis=1)[:, ::2]
        for name in ("sum", "sum_of_squares", "prod", "max", "min"):
            together = over_rows(name, x)
            alone = np.concatenate([over_rows(name, row[None]) for row in x[:130]])

            np.testing.assert_array_equal(together[:130], alone)
            np.testing.assert_array_equal(together, over_rows(name, apart))

    def test_instruction_sets_agree(self, shape):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append([
                result
                for x in both_ways(matrix(shape))
                for result in (*(over_rows(name, x) for name in ("sum", "prod", "max", "min")),
                               scanned("cumsum", x), scanned("cumprod", x))
            ])

        for one, other in ((0, 1), (0, 2)):
            for a, b in zip(found[one], found[other], strict=True):
                np.testing.assert_array_equal(a, b)

    def test_scan_is_rounded_once(self, shape):
        """A running sum of float32 is one of float64, rounded; also from the end."""
        for x in both_ways(matrix(shape)):
            for one in (x, x[:, ::-1], x[::-1]):
                exact = np.cumsum(one.astype(np.float64), axis=1)

                np.testing.assert_array_equal(scanned("cumsum", one), exact.astype(np.float32))


SOME_DIMS = [dims for n in range(1, 5) for dims in combinations(range(5), n)]


@pytest.mark.parametrize("shape", [(3, 4, 5, 6, 7), (2, 1, 3, 1, 70), (2, 65, 2, 3, 1)])
@pytest.mark.parametrize("dims", SOME_DIMS, ids=str)
def test_sums_over_some_dimensions(torch, shape, dims):
    """Whichever are summed first, the sums are near the truth; those of halves are rounded once."""
    x = matrix(shape)
    exact = x.astype(np.float64).sum(dims, keepdims=True)
    sizes = np.abs(x).astype(np.float64).sum(dims, keepdims=True)

    for way in (x, np.asfortranarray(x)):
        found = torch.from_numpy(way).sum(dims, keepdim=True)
        assert found.shape == exact.shape
        assert np.all(np.abs(found.numpy() - exact) <= 10 * np.finfo(np.float32).eps * sizes)
        halves = way.astype(np.float16)
        of_halves = halves.astype(np.float64).sum(dims, keepdims=True)
        rounding = np.spacing(np.abs(of_halves).astype(np.float16)).astype(np.float64) / 2
        found = torch.from_numpy(halves).sum(dims, keepdim=True).numpy().astype(np.float64)
        assert np.all(np.abs(found - of_halves) <= rounding + 1e-5 * sizes)


@pytest.mark.parametrize("name, dtype", [
    *product(["sum", "prod", "max", "min"], [np.float16, np.float32, np.float64, np.int64]),
    ("sum_of_squares", np.float32), ("sum_of_squares", np.float64),
])  # fmt: skip
def test_rows_that_are_one(name, dtype):
    """What was expanded gives what its copy gives, to the last bit."""
    row = (3 * matrix((70_001,))).astype(dtype)

    for one in (row, row[:9], row[:1]):
        for expanded in (np.broadcast_to(one, (21, len(one))), np.broadcast_to(one[0], (21, 4))):
            with np.errstate(over="ignore"):
                apart = over_rows(name, expanded.copy())
            np.testing.assert_array_equal(over_rows(name, expanded), apart)
