"""Rows that index arrays pick: kernels refuse what would leave the memory they are given."""

import numpy as np
import pytest

from tapegrad import _kernels as kernels


def refusal(index: int, dim: int, size: int) -> Exception:
    return IndexError(f"{index} {dim} {size}")


def write(target: np.ndarray, indices: tuple, values: np.ndarray) -> None:
    kernels.write_rows("scatter_rows", target, indices, values, refusal)


@pytest.mark.parametrize(("shape", "values"), [
    ((4, 3), np.ones((2, 2), np.float32)), ((4, 3), np.ones((3, 3), np.float32)),
    ((4, 3), np.ones((2, 3), np.float64)), ((4,), np.ones((2, 3), np.float32)),
])  # fmt: skip
def test_values_that_do_not_fit(shape: tuple, values: np.ndarray) -> None:
    """Too few or too many values, those of another dtype: nothing is written."""
    target = np.zeros(shape, np.float32)

    with pytest.raises(ValueError, match="do not fit"):
        write(target, (np.array([0, 1]),), values)
    assert not target.any()


def test_rows_with_gaps() -> None:
    """Rows that cannot be seen as one dimension would be written to a copy."""
    target = np.zeros((4, 3, 4))[:, :, :3]

    with pytest.raises(ValueError, match="do not fit"):
        write(target, (np.array([0]),), np.ones((1, 3, 3)))
    assert not target.any()


@pytest.mark.parametrize("n", [0, 3])
def test_number_of_indices(n: int) -> None:
    """As many as dimensions at most, and at least one."""
    indices = (np.array([0]),) * n

    with pytest.raises(ValueError, match=f"{n} indices for 2 dimensions"):
        kernels.gather_rows(np.zeros((4, 3)), indices, refusal)
    with pytest.raises(ValueError, match=f"{n} indices for 2 dimensions"):
        write(np.zeros((4, 3)), indices, np.ones(3))


@pytest.mark.parametrize(("index", "wraps"), [(4, True), (-5, True), (4, False), (-1, False)])
def test_indices_outside(index: int, wraps: bool) -> None:
    """The first one outside is named; a negative one may be outside by itself."""
    indices = (np.array([3, index, 9]),)

    with pytest.raises(IndexError, match=f"{index} 0 4"):
        kernels.gather_rows(np.zeros((4, 3)), indices, refusal, wraps=wraps)
