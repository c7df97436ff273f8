"""Loops over two numbers each, on every instruction set, beside NumPy's."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from tapegrad._kernels import OURS

pytestmark = pytest.mark.usefixtures("level")   # runs all on every instruction set
SPECIAL = [0, -0.0, 1, -1, 0.7, -0.7, 3, -3, 1e-45, 1e10, -1e10, 2**24 + 2, np.inf, -np.inf, np.nan]
EXACT = {"fmod": np.fmod, "remainder": np.remainder, "div_floor": np.floor_divide}
# PyTorch's are 0.5 and 1.23 units in the last place from the truth at most.
NEAR = {"hypot": np.hypot, "logaddexp": np.logaddexp}
LARGEST_ERROR = {"hypot": 0.51, "logaddexp": 1.25}


def pairs(dtype: type) -> np.ndarray:
    """Quotients small and huge, whole numbers, and what is special; blocks of each."""
    rng = np.random.default_rng(0)
    plain = rng.normal(size=(2000, 2)) * 10.0 ** rng.uniform(-2, 3, (2000, 2))
    far = rng.normal(size=(700, 2)) * 10.0 ** rng.uniform(-12, 12, (700, 2))
    whole = rng.integers(-60, 60, (2000, 2))
    special = np.array(list(itertools.product(SPECIAL, SPECIAL)))
    return np.concatenate([plain, whole, special, far, plain]).astype(dtype).T.copy()


def applied(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    OURS[name](x, y, out)
    return out


@np.errstate(all="ignore")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EXACT)
def test_remainders_are_exact(name: str, dtype: type) -> None:
    """They are NumPy's numbers; zeros may have another sign, which is PyTorch's."""
    x, y = pairs(dtype)

    np.testing.assert_array_equal(applied(name, x, y), EXACT[name](x, y))


@np.errstate(all="ignore")
@pytest.mark.parametrize("name", NEAR)
def test_others_are_near(name: str) -> None:
    """In units in the last place of the result, or of what its parts cancel from."""
    x, y = pairs(np.float32)
    truth = NEAR[name](x.astype(np.float64), y.astype(np.float64))
    size = np.maximum(np.abs(truth), np.maximum(x, y) if name == "logaddexp" else 0)
    finite = np.isfinite(truth) & (np.abs(truth) < np.finfo(np.float32).max)
    result = applied(name, x, y)
    unit = np.spacing(np.maximum(size[finite], 0.5).astype(np.float32))

    np.testing.assert_array_equal(result[~finite], truth[~finite].astype(np.float32))
    assert np.max(np.abs(result[finite] - truth[finite]) / unit) <= LARGEST_ERROR[name]


@np.errstate(all="ignore")
@pytest.mark.parametrize("name", [*EXACT, *NEAR, "lerp", "clamp"])
@pytest.mark.parametrize("change", [
    lambda x: x[::3], lambda x: x[::-1], lambda x: np.broadcast_to(x[5], x.shape), lambda x: x[7:],
], ids=["every third", "backwards", "one number", "from the seventh on"])  # fmt: skip
def test_layout_does_not_matter(name: str, change: Callable) -> None:
    """Numbers that all share, and elements that lie apart, give what copies of them give."""
    x, y = pairs(np.float32)
    others = (y,) if name in {**EXACT, **NEAR} else (y, y + 1)
    changed = [change(one) for one in (x, *others)]
    copied = [one.copy() for one in changed]
    apart, out = np.empty((changed[0].size, 2), np.float32)[:, 1], np.empty_like(copied[0])
    OURS[name](*copied, out)
    OURS[name](*changed, apart)

    np.testing.assert_array_equal(apart, out)


@np.errstate(all="ignore")
@pytest.mark.parametrize("name", ["fmod", "remainder"])
def test_sign_of_zero_is_pytorchs(torch, reference, name: str) -> None:
    """The dividend's, whichever sign the divisor has."""
    x, y = pairs(np.float64)
    ours, theirs = (
        getattr(library, name)(library.from_numpy(x), library.from_numpy(y)).numpy()
        for library in (torch, reference)
    )
    is_zero = (ours == 0) & (theirs == 0)

    np.testing.assert_array_equal(np.signbit(ours[is_zero]), np.signbit(theirs[is_zero]))
    assert is_zero.sum() > 100
