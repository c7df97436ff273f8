"""Products of large matrices, from packed rows and strips of columns, on every instruction set."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from tapegrad import _kernels as kernels
from tapegrad._kernels import limit_vectors
from tapegrad._kernels.kernel import has_wide_vectors, set_thread_count, thread_count
from tapegrad._kernels.launch_log import record_launches

LEVELS = {"avx2": 1, "avx512": 2}
# Around the rows of a tile, a block and all blocks, the columns of a strip, a panel's depth.
SIZES = [(128, 530, 128), (141, 480, 191), (169, 130, 400), (1009, 17, 500), (252, 300, 256)]

LAYOUTS = list(product(["rows", "columns", "part"], repeat=2))


@pytest.fixture(params=LEVELS, autouse=True)
def level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the loops of one instruction set, and two threads, for which packing pays early."""
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


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product by the kernels for large matrices; by the BLAS where vectors are narrow."""
    with record_launches() as log:
        out = kernels.mm(a, b)
    names = {"pack_rows", "multiply_packed"} if has_wide_vectors() else {"matmul"}
    assert {*log.kernel_names()} == names
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layouts", LAYOUTS, ids="-".join)
@pytest.mark.parametrize(("n", "k", "m"), SIZES)
def test_products_are_near_the_truth(n, k, m, layouts, dtype) -> None:
    """Errors stay below the bound of a sum in order, in any layout of the factors."""
    rng = np.random.default_rng(0)
    a = factor(rng, n, k, layouts[0]).astype(dtype, order="K")
    b = factor(rng, k, m, layouts[1]).astype(dtype, order="K")
    truth = a.astype(np.longdouble) @ b.astype(np.longdouble)
    bound = k * np.finfo(dtype).eps * (np.abs(a) @ np.abs(b))

    assert np.all(np.abs(multiply(a, b) - truth) <= bound)


def test_bits_depend_on_no_thread_and_no_instructions() -> None:
    """Threads and vectors of either width add up the same products in the same order."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 300, 300), dtype=np.float32)
    found = [multiply(a, b)]
    set_thread_count(3)
    found.append(multiply(a, b))
    limit_vectors(LEVELS["avx2"])
    found.append(multiply(a, b))

    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value) -> None:
    """NaN and infinity reach the row that they stand in and no other."""
    a, b = np.ones((171, 330), np.float32), np.ones((330, 161), np.float32)
    a[170, 2] = value
    out = multiply(a, b)

    assert np.array_equal(out[170], np.full(161, value, np.float32), equal_nan=True)
    assert np.all(out[:170] == 330)


NARROW = [(256, 320, 64), (4111, 64, 17), (70, 510, 127), (300, 60, 250)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layouts", LAYOUTS, ids="-".join)
@pytest.mark.parametrize(("n", "k", "m"), NARROW)
def test_rows_of_narrow_products_are_shared(n, k, m, layouts, dtype) -> None:
    """No BLAS is waited for, and two threads give the bits of one."""
    rng = np.random.default_rng(0)
    a = factor(rng, n, k, layouts[0]).astype(dtype, order="K")
    b = factor(rng, k, m, layouts[1]).astype(dtype, order="K")
    with record_launches() as log:
        shared = kernels.mm(a, b)
    set_thread_count(1)
    alone = kernels.mm(a, b)

    assert {*log.kernel_names()} == {"small_matmul"}
    assert len(log) == 1 + (n % 32 > 0)
    np.testing.assert_array_equal(shared, alone)
    np.testing.assert_allclose(shared, a.astype(np.longdouble) @ b.astype(np.longdouble),
                               rtol=0, atol=k * np.finfo(dtype).eps * 16)


def test_samples_of_a_batch_are_shared() -> None:
    """A batch of products is dealt out a sample at a time, with the bits of one thread."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 130, 33, 33), dtype=np.float32)
    shared = kernels.matmul(a, b)
    set_thread_count(1)

    np.testing.assert_array_equal(shared, kernels.matmul(a, b))
