"""Products of large matrices, from packed tiles and panels, on every instruction set."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, limit_vectors
from tapegrad._kernels.kernel import has_wide_vectors, set_thread_count, thread_count
from tapegrad._kernels.launch_log import record_launches

LEVELS = {"avx2": 1, "avx512": 2}
# Around the rows of a tile and of all that are packed at once, a panel's columns and its depth.
SIZES = [(1, 1, 1), (3, 5, 7), (13, 300, 40), (14, 256, 33), (71, 513, 32), (505, 20, 65),
         (1030, 9, 31)]  # fmt: skip
# What is packed, as parts of rows and of columns.
LARGE = [(128, 1100, 128), (141, 700, 191), (169, 260, 400), (1009, 34, 500), (600, 17, 1700),
         (64, 800, 400)]  # fmt: skip

LAYOUTS = list(product(["rows", "columns", "part"], repeat=2))


@pytest.fixture(params=LEVELS, autouse=True)
def level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the loops of one instruction set, on two threads."""
    asked, before = LEVELS[request.param], limit_vectors(0)
    limit_vectors(asked)
    threads = thread_count()
    set_thread_count(2)
    yield
    set_thread_count(threads)
    limit_vectors(before)


def factor(rng: np.random.Generator, n: int, m: int, layout: str) -> np.ndarray:
    """A matrix whose rows lie packed, or columns, or that is part of a larger one."""
    if layout == "columns":
        return rng.standard_normal((m, n)).T
    if layout == "part":
        return rng.standard_normal((n, m + 3))[:, 1:-2]
    return rng.standard_normal((n, m))


def factors(n: int, k: int, m: int, layouts: tuple[str, str], dtype: type) -> list[np.ndarray]:
    """Two matrices that can be multiplied."""
    rng = np.random.default_rng(0)
    return [factor(rng, *sizes, layout).astype(dtype, order="K")
            for sizes, layout in zip([(n, k), (k, m)], layouts, strict=True)]


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product by the kernels for large matrices; by the BLAS where vectors are narrow."""
    with record_launches() as log:
        out = kernels.mm(a, b)
    assert log.kernel_names() == ["large_matmul_parts" if has_wide_vectors() else "matmul"]
    return out


def assert_near(found: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Errors stay below the bound of a sum in order."""
    truth = a.astype(np.longdouble) @ b.astype(np.longdouble)
    bound = a.shape[1] * np.finfo(a.dtype).eps * (np.abs(a) @ np.abs(b))
    assert np.all(np.abs(found - truth) <= bound)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layouts", LAYOUTS, ids="-".join)
class TestProducts:
    @pytest.mark.parametrize(("n", "k", "m"), SIZES)
    def test_of_any_size_are_near_the_truth(self, n, k, m, layouts, dtype) -> None:
        """In any layout of the factors, and nothing beside the result is written."""
        a, b = factors(n, k, m, layouts, dtype)
        whole = np.full((n + 2, m + 2), -1, dtype)
        OURS["large_matmul"](a, b, whole[1:-1, 1:-1])
        found = whole[1:-1, 1:-1].copy()
        whole[1:-1, 1:-1] = -1

        assert_near(found, a, b)
        assert np.all(whole == -1)

    @pytest.mark.parametrize(("n", "k", "m"), LARGE)
    def test_of_large_matrices_are_shared(self, n, k, m, layouts, dtype) -> None:
        """No BLAS is waited for, and five threads give the bits of two, and of the loop alone."""
        a, b = factors(n, k, m, layouts, dtype)
        shared, alone = multiply(a, b), np.empty((n, m), dtype)
        assert_near(shared, a, b)
        set_thread_count(5)
        OURS["large_matmul"](a, b, alone)
        for other in (multiply(a, b), alone) if has_wide_vectors() else ():
            np.testing.assert_array_equal(shared, other)


def test_both_instruction_sets_give_the_same_bits() -> None:
    """Vectors of either width add up the same products in the same order."""
    a, b = np.random.default_rng(1).standard_normal((2, 300, 300), dtype=np.float32)
    wide = multiply(a, b)
    limit_vectors(LEVELS["avx2"])

    np.testing.assert_array_equal(wide, multiply(a, b))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value) -> None:
    """NaN and infinity reach the row that they stand in and no other."""
    a, b = np.ones((271, 430), np.float32), np.ones((430, 161), np.float32)
    a[270, 2] = value
    out = multiply(a, b)

    assert np.array_equal(out[270], np.full(161, value, np.float32), equal_nan=True)
    assert np.all(out[:270] == 430)


NARROW = [
    (256, 320, 64), (4111, 64, 17), (70, 510, 127), (300, 60, 250), (65, 700, 33), (161, 60, 130),
    (40, 700, 90), (16, 300, 290), (1, 1500, 1000), (900, 400, 3),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layouts", LAYOUTS, ids="-".join)
@pytest.mark.parametrize(("n", "k", "m"), NARROW)
def test_narrow_products_are_shared(n, k, m, layouts, dtype) -> None:
    """No BLAS is waited for, and two and seven threads give the bits of one."""
    a, b = factors(n, k, m, layouts, dtype)
    with record_launches() as log:
        shared = kernels.mm(a, b)
    assert log.kernel_names() == ["small_matmul_parts"]
    assert_near(shared, a, b)

    for n_threads in (1, 7):
        set_thread_count(n_threads)
        np.testing.assert_array_equal(shared, kernels.mm(a, b))


def test_samples_of_a_batch_are_shared() -> None:
    """A batch of products is dealt out a sample at a time, with the bits of one thread."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 130, 33, 33), dtype=np.float32)
    shared = kernels.matmul(a, b)
    set_thread_count(1)

    np.testing.assert_array_equal(shared, kernels.matmul(a, b))
