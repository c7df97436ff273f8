"""Products of small matrices, which go without the BLAS, on every instruction set."""

from itertools import product

import numpy as np
import pytest

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, limit_vectors
from tapegrad._kernels.kernel import has_wide_vectors, set_thread_count, thread_count
from tapegrad._kernels.launch_log import record_launches

# Around the rows and columns of a tile or a square, the depth and rows from which strips are
# gathered, and the depth that is multiplied at once.
SIZES = [
    (1, 1, 1), (1, 64, 65), (2, 37, 6), (3, 18, 9), (2, 3, 5), (3, 1, 2), (4, 8, 16), (5, 7, 31),
    (8, 16, 32), (9, 33, 17), (13, 0, 4), (16, 64, 256), (31, 255, 33), (33, 512, 18), (64, 10, 47),
    (7, 9, 19), (12, 20, 40), (16, 100, 33), (70, 200, 50), (65, 193, 129), (1, 1500, 70),
    (3, 1300, 40), (9, 1100, 35), (1, 9, 5000), (2, 6, 2100), (1, 515, 1025), (40, 700, 2),
    (9, 64, 4), (70, 1100, 5), (1000, 40, 3), (6, 513, 1), (32, 600, 70), (17, 31, 5),
]  # fmt: skip


def factor(rng: np.random.Generator, shape: tuple[int, int], layout: str) -> np.ndarray:
    """A matrix whose rows, or columns, lie packed, or that is part of a larger one."""
    if layout == "columns":
        return rng.standard_normal(shape[::-1]).T
    if layout == "part":
        return rng.standard_normal((shape[0], shape[1] + 3))[:, 1:-2]
    return rng.standard_normal(shape)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "k", "m"), SIZES)
class TestSmallProducts:
    @pytest.mark.parametrize(
        ("left", "right"), list(product(["rows", "columns", "part"], ["rows", "columns", "part"]))
    )
    def test_are_near_the_truth(self, n, k, m, left, right, dtype):
        """The error stays below the bound of a sum in order, in any layout of the factors."""
        rng = np.random.default_rng(0)
        a = factor(rng, (n, k), left).astype(dtype, order="K")
        b = factor(rng, (k, m), right).astype(dtype, order="K")
        out = np.full((n, m), np.nan, dtype)
        OURS["small_matmul"](a, b, out)
        truth = a.astype(np.longdouble) @ b.astype(np.longdouble)
        bound = k * np.finfo(dtype).eps * (np.abs(a) @ np.abs(b))

        assert np.all(np.abs(out - truth) <= bound)

    def test_write_nothing_beside_the_result(self, n, k, m, dtype):
        """A result that is part of a larger matrix leaves the rest as it was."""
        a, b = np.ones((n, k), dtype), np.ones((m, k), dtype).T
        whole = np.full((n + 2, m + 2), -1, dtype)
        OURS["small_matmul"](a, b, whole[1:-1, 1:-1])

        assert np.all(whole[1:-1, 1:-1] == k)
        whole[1:-1, 1:-1] = -1
        assert np.all(whole == -1)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value):
    """NaN and infinity reach the row that they stand in and no other."""
    a, b = np.ones((9, 5), np.float32), np.ones((5, 20), np.float32)
    a[4, 2] = value
    out = kernels.mm(a, b)

    assert np.array_equal(out[4], np.full(20, value, np.float32), equal_nan=True)
    assert np.all(np.delete(out, 4, 0) == 5)


@pytest.mark.parametrize("vectors", [0, 2])
@pytest.mark.parametrize(("n", "k", "m"), [
    (4, 8, 16), (32, 64, 128), (1, 64, 128), (32, 1700, 64), (2, 700, 600), (300, 700, 2),
    (4, 20000, 4), (1, 4096, 4096), (600, 1700, 17), (32, 1024, 1024), (1100, 16, 1100),
])  # fmt: skip
def test_only_plain_vectors_leave_narrow_products_to_the_blas(n, k, m, vectors):
    """Whatever is small or narrow goes to our loop, if it is large, where vectors are wide."""
    a, b = np.ones((n, k), np.float32), np.ones((k, m), np.float32)
    vectors, threads = limit_vectors(vectors), thread_count()
    set_thread_count(2)
    is_ours = has_wide_vectors() or n * k * m <= 2**24
    with record_launches() as log:
        kernels.mm(a, b)
    limit_vectors(vectors)
    set_thread_count(threads)

    assert {name.removesuffix("_parts") for name in log.kernel_names()} == {
        "small_matmul" if is_ours else "matmul"}


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 63, 64, 200, 4099, 65535, 65536, 98304, 100_001])
def test_inner_products_are_near_the_truth(n, dtype):
    """The error is that of chains of the same length side by side, in blocks if they are long."""
    a, b = np.random.default_rng(0).standard_normal((2, n)).astype(dtype)
    truth = a.astype(np.longdouble) @ b.astype(np.longdouble)
    bound = (min(n, 32768) / 32 + 16) * np.finfo(dtype).eps * (np.abs(a) @ np.abs(b))

    assert abs(kernels.dot(a, b) - truth) <= bound


@pytest.mark.parametrize(("n", "k", "m"), [(1, 64, 256), (3, 4096, 2048), (1, 16384, 300)])
def test_few_rows_never_wake_the_blas(n, k, m):
    """A layer on one sample goes without it, there and to the input back, and so does a vector."""
    a, weight = np.ones((n, k), np.float32), np.ones((m, k), np.float32)
    with record_launches() as log:
        kernels.mm_nt(a, weight)
        kernels.mv(weight, a[0])

    assert {name.removesuffix("_parts") for name in log.kernel_names()} == {"small_matmul"}
