"""Kernels of whole numbers: quotients, extremes, triangles, vectors with a one."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors

BASELINE, AVX2, AVX512 = range(3)
LEAST, MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
SIZES = {"small": 10, "as many as floats hold": 2**24, "as many as doubles hold": 2**52,
         "all": MOST}  # fmt: skip


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def whole_numbers(largest: int, n: int = 2003) -> tuple[np.ndarray, np.ndarray]:
    """Dividends, among them multiples and what lies beside them, and divisors without zero."""
    random = np.random.default_rng(largest % 1000)
    x = random.integers(-largest, largest, n, endpoint=True)
    y = random.integers(-largest, largest, n, endpoint=True)
    y[::3] = random.integers(-9, 9, len(y[::3]))
    y[y == 0] = 1
    multiples = x[::2] // y[::2] * y[::2]
    x[::2] = np.clip(multiples + random.integers(-1, 1, len(multiples), endpoint=True),
                     -largest, largest)  # fmt: skip
    return x, y


@pytest.mark.parametrize("vectors", [BASELINE, AVX2, AVX512])
@pytest.mark.parametrize("largest", SIZES.values(), ids=SIZES)
def test_floor_division(torch: ModuleType, largest: int, vectors: int) -> None:
    """Quotients are Python's, of numbers that doubles hold and of those that they do not."""
    limit_vectors(vectors)
    x, y = whole_numbers(largest)
    expected = [a // b for a, b in zip(x.tolist(), y.tolist(), strict=True)]

    found = torch.from_numpy(x) // torch.from_numpy(y)
    apart = torch.from_numpy(x)[::5] // torch.from_numpy(y)[::5]

    assert found.tolist() == expected
    assert apart.tolist() == expected[::5]


@pytest.mark.parametrize("vectors", [BASELINE, AVX2, AVX512])
def test_ends_of_floor_division(torch: ModuleType, vectors: int) -> None:
    """The least number by -1 wraps, as in PyTorch; beside it blocks are as they were."""
    limit_vectors(vectors)
    x = torch.tensor([LEAST, LEAST, MOST, 7, -7, 2**53 + 1, -(2**53) - 1])
    y = torch.tensor([-1, 1, -1, -2, -2, 2, 2])

    assert (x // y).tolist() == [LEAST, LEAST, -MOST, -4, 3, 2**52, -(2**52) - 1]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        x // torch.zeros_like(x)


@pytest.mark.parametrize("vectors", [BASELINE, AVX2, AVX512])
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "sum", "prod"])
def test_reductions_of_int64(name: str, vectors: int) -> None:
    """Over all, rows and columns they are NumPy's, which wrap; of equals the first is named."""
    limit_vectors(vectors)
    x = np.random.default_rng(1).integers(-50, 50, (67, 131))
    x[5, 7], x[40, 99] = LEAST, MOST
    if name == "prod":      # of odd numbers: none is zero, and no power of two wraps to it
        x |= 1

    for axis in (0, 1):
        rows = np.moveaxis(x, axis, -1)
        found = np.empty(rows.shape[:-1], np.int64)
        OURS[name](rows, found)
        np.testing.assert_array_equal(found, getattr(np, name)(x, axis=axis))
    flat, whole = x.reshape(-1), np.empty((), np.int64)
    OURS[name](flat, whole)
    assert whole == getattr(np, name)(flat)


WAYS = {
    "row-major": lambda x: x, "turned": lambda x: x.swapaxes(1, 2),
    "apart": lambda x: x[:, 1:, 1::3], "no matrices": lambda x: x[:0],
    "no columns": lambda x: x[:, :, :0],
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "float16", "int32", "float64"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", ["tril", "triu"])
def test_triangles(torch: ModuleType, name: str, way: Callable, dtype: str) -> None:
    """Of matrices that lie in any way, with diagonals inside and far outside."""
    x = np.random.default_rng(0).integers(1, 99, (3, 5, 8)).astype(dtype)

    for diagonal in (-9, -2, 0, 1, 7, 2**40):
        found = getattr(torch, name)(way(torch.from_numpy(x)), diagonal)
        expected = getattr(np, name)(way(x), min(diagonal, 99))
        np.testing.assert_array_equal(found.numpy(), expected)


def test_triangle_in_place_and_empty_rows(torch: ModuleType) -> None:
    """Rows that hold nothing of the triangle are zero; the input may be the result."""
    x = torch.ones(4, 3)

    x.tril_(-2)
    assert x.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize("shape", [(), (7,), (3, 1, 5), (0, 4)], ids=str)
def test_vectors_with_a_one(torch: ModuleType, shape: tuple) -> None:
    """Each is a row of the identity; classes that do not exist are refused."""
    classes = np.random.default_rng(0).integers(0, 6, shape)

    found = torch.nn.functional.one_hot(torch.tensor(classes, dtype=torch.int64), 9)
    apart = torch.nn.functional.one_hot(torch.tensor(classes, dtype=torch.int64).T, 9)

    assert found.dtype is torch.int64
    np.testing.assert_array_equal(found.numpy(), np.eye(9, dtype=np.int64)[classes])
    np.testing.assert_array_equal(apart.numpy(), np.eye(9, dtype=np.int64)[classes.T])
    for one, text in ((-1, "must be non-negative"), (9, "must be smaller than num_classes")):
        with pytest.raises(RuntimeError, match=text):
            torch.nn.functional.one_hot(torch.tensor([0, one, 2]), 9)
