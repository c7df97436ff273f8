"""float16 through NumPy's loops for floats: the results of NumPy's own loops for halves."""

import numpy as np
import pytest

from tapegrad._kernels import Kernel, limit_vectors

BASELINE, AVX2, AVX512 = range(3)
HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16)
OF_ONE = [np.negative, np.absolute, np.sqrt, np.floor, np.rint, np.isnan, np.signbit,
          np.square, np.spacing]  # fmt: skip
OF_TWO = [np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.less, np.equal,
          np.copysign, np.logical_and, np.nextafter]  # fmt: skip


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def assert_as_numpy(ufunc: np.ufunc, *inputs: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        expected = ufunc(*inputs)
        out = np.empty_like(expected)
        Kernel.from_ufunc(ufunc)(*inputs, out)
    np.testing.assert_array_equal(out, expected)
    is_number = out == out
    np.testing.assert_array_equal(np.signbit(out[is_number]), np.signbit(expected[is_number]))


@pytest.mark.parametrize("level", [BASELINE, AVX2, AVX512])
@pytest.mark.parametrize("ufunc", OF_ONE, ids=lambda one: one.__name__)
def test_of_one(ufunc: np.ufunc, level: int) -> None:
    """Every number, packed and not."""
    limit_vectors(level)

    assert_as_numpy(ufunc, HALVES)
    assert_as_numpy(ufunc, HALVES[::3])


@pytest.mark.parametrize("level", [BASELINE, AVX2, AVX512])
@pytest.mark.parametrize("ufunc", OF_TWO, ids=lambda one: one.__name__)
def test_of_two(ufunc: np.ufunc, level: int) -> None:
    """Every number with others, with one for all, and with one that lies strided."""
    limit_vectors(level)
    others = np.random.default_rng(0).permutation(HALVES)

    assert_as_numpy(ufunc, HALVES, others)
    assert_as_numpy(ufunc, HALVES, np.array(0.1, np.float16))
    assert_as_numpy(ufunc, HALVES[::3], others[::3])


def test_in_place() -> None:
    """The output may be an input, also where that is in several blocks."""
    x = HALVES[:1000].copy()
    expected = x * x
    Kernel.from_ufunc(np.multiply)(x, x, x)

    np.testing.assert_array_equal(x, expected)


def test_threads_share_a_launch(torch):
    """Many halves are shared among threads, with the results of one."""
    x = torch.arange(200_000).remainder(1009).half()
    before, every = torch.get_num_threads(), []
    for n in (1, 2, 3):
        torch.set_num_threads(n)
        every.append((x * x + 0.5).numpy())
    torch.set_num_threads(before)

    with np.errstate(over="ignore"):
        expected = x.numpy() * x.numpy() + np.float16(0.5)
    for found in every:
        np.testing.assert_array_equal(found, expected)
