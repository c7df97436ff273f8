"""Numbers a step apart are PyTorch's to the last bit, on every instruction set."""

import itertools
from types import ModuleType

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("level")   # runs all on every instruction set
ENDS = [(0, 1), (-3, 2.5), (7.125, -1e3), (0.1, 1e4), (-0.7, -0.7)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("steps", [1, 2, 3, 17, 100, 1001])
def test_linspace(torch: ModuleType, reference: ModuleType, steps: int, dtype: str) -> None:
    """From both ends."""
    for start, end in ENDS:
        found = [library.linspace(start, end, steps, dtype=getattr(library, dtype)).numpy()
                 for library in (torch, reference)]

        np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("step", [1, 0.7, 3])
@pytest.mark.parametrize("n", [1, 8, 15, 16, 33, 500])
def test_arange(
    torch: ModuleType, reference: ModuleType, n: int, step: float, dtype: str
) -> None:
    """From the start."""
    for start in (0, -2.25, 100):
        step = step if dtype.startswith("float") else max(int(step), 1)
        given = (start, start + n * step, step)
        found = [library.arange(*given, dtype=getattr(library, dtype)).numpy()
                 for library in (torch, reference)]

        np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int8"])
@pytest.mark.parametrize("base", [10.0, 2.5, 0.3])
def test_logspace(torch: ModuleType, reference: ModuleType, base: float, dtype: str) -> None:
    """Powers whose exponents are counted in double precision."""
    for steps, (start, end) in itertools.product((0, 1, 2, 7, 40), [(0, 1), (-3, 2.5), (2.1, -1)]):
        found = [library.logspace(start, end, steps, base, dtype=getattr(library, dtype)).numpy()
                 for library in (torch, reference)]

        np.testing.assert_array_equal(*found)
