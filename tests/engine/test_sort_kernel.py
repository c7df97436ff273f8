"""The sort of rows by digits: stable, whatever the dtype, the length and the layout."""

import numpy as np
import pytest

from tapegrad._kernels import OURS

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
SIZES = (0, 1, 2, 24, 25, 300, 3000)


def matrix(n: int, dtype: str) -> np.ndarray:
    """Rows with many equal elements and, of floats, both zeros, infinities and NaN."""
    x = np.random.default_rng(0).normal(0, 40, (3, n))
    if np.dtype(dtype).kind != "f":
        return np.abs(x).astype(dtype) if dtype == "uint8" else x.astype(dtype)
    x[0, : n // 2] = x[0, : n // 2].round()
    x[1] = np.random.default_rng(1).choice([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5], n)
    return x.astype(dtype)


def sort(x: np.ndarray, descending: bool) -> tuple[np.ndarray, np.ndarray]:
    values, places = np.empty_like(x), np.empty(x.shape, np.int64)
    OURS["sort"](x, values, places, params=(0, descending))
    return values, places


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
class TestSort:
    def test_is_numpys_stable_one(self, n, dtype):
        """Equal elements keep their order, and NaN comes last."""
        x = matrix(n, dtype)
        values, places = sort(x, descending=False)

        np.testing.assert_array_equal(places, np.argsort(x, axis=1, kind="stable"))
        np.testing.assert_array_equal(values, np.take_along_axis(x, places, 1))

    def test_descending_keeps_the_order_of_equals_too(self, n, dtype):
        """What comes first in the reversed row comes last among equals."""
        x = matrix(n, dtype)
        _, places = sort(x, descending=True)

        np.testing.assert_array_equal(
            places, n - 1 - np.argsort(x[:, ::-1], axis=1, kind="stable")[:, ::-1]
        )

    def test_layout_does_not_matter(self, n, dtype):
        """Rows that lie backwards, apart or across give what packed ones do."""
        x = matrix(n, dtype)
        backwards = x[:, ::-1].copy()[:, ::-1]
        for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], backwards):
            for one, two in zip(sort(x, False), sort(other, False), strict=True):
                np.testing.assert_array_equal(one, two)
