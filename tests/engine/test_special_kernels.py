"""Special functions side by side: near the truth, and the same on every instruction set."""

import math

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors

BASELINE, AVX2, AVX512 = range(3)


@pytest.fixture(autouse=True)
def widest_vectors():
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def numbers() -> np.ndarray:
    """From -1 to 1, close to the middle and to both ends, and what has no inverse."""
    small, ends = np.geomspace(1e-44, 0.9, 5000), 1 - np.geomspace(6e-8, 0.2, 5000)
    special = [0.0, -0.0, 1.0, -1.0, 2.0, np.nan, np.inf, 0.85]
    return np.concatenate([small, -small, ends, -ends, special]).astype(np.float32)


def erfinv(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    OURS["erfinv"](x, out)
    return out


class TestErfinv:
    def test_is_near_the_truth(self):
        """Within 2.5 units in the last place, and what is no number where there is none."""
        x = numbers()
        truth, found = erfinv(x.astype(np.float64)), erfinv(x)
        is_plain = np.isfinite(truth)
        allowed = 2.5 * np.spacing(np.abs(truth[is_plain]).astype(np.float32))

        assert np.all(np.abs(found[is_plain] - truth[is_plain]) <= allowed)
        np.testing.assert_array_equal(found[~is_plain], truth[~is_plain].astype(np.float32))

    def test_instruction_sets_agree(self):
        """Plain C, AVX2 and AVX-512 give the same bits."""
        found = []
        for level in (BASELINE, AVX2, AVX512):
            limit_vectors(level)
            found.append(erfinv(numbers()))

        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize("vectors", [BASELINE, AVX2, AVX512])
@pytest.mark.parametrize("name", ["logit", "entr", "xlogy"])
def test_logarithms_of_quotients_and_products(name, vectors):
    """What float32 gives is what its steps give when each is rounded, within 1.5 units."""
    limit_vectors(vectors)
    x = np.concatenate([numbers(), np.float32([3e38, 1e-45, -1e-45, -np.inf])])
    y = np.roll(x, 7)
    inputs = (x, y) if name == "xlogy" else (x,)
    found = np.empty_like(x)
    OURS[name](*inputs, found)
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        truth = {
            "logit": np.log((x / (1 - x)).astype(np.float64)),
            "entr": np.where(x == 0, 0, np.where(x < 0, -np.inf, -wide * np.log(wide))),
            "xlogy": np.where(np.isnan(y), np.nan, np.where(x == 0, 0, wide * np.log(
                y.astype(np.float64)))),
        }[name]
        rounded = truth.astype(np.float32)
    is_plain = np.isfinite(rounded)

    np.testing.assert_array_equal(found[~is_plain], rounded[~is_plain])
    allowed = 1.5 * np.spacing(np.abs(rounded[is_plain]))
    assert np.all(np.abs(found[is_plain] - truth[is_plain]) <= allowed)


@pytest.mark.parametrize("vectors", [BASELINE, AVX2, AVX512])
def test_erfc(vectors):
    """Within 0.8 units in the last place, PyTorch's is within 0.9; far out it is 0 or 2."""
    limit_vectors(vectors)
    x = np.concatenate([np.linspace(-6, 10.5, 20_001), numbers()]).astype(np.float32)
    found = np.empty_like(x)
    OURS["erfc"](x, found)
    truth = np.array([math.erfc(float(one)) for one in x])
    is_plain = ~np.isnan(x)
    allowed = 0.8 * np.spacing(np.abs(truth[is_plain]).astype(np.float32))

    assert np.all(np.abs(found[is_plain] - truth[is_plain]) <= allowed)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(x))


def test_erfc_on_every_instruction_set():
    """Plain C, AVX2 and AVX-512 give the same bits, far out too."""
    x = np.concatenate([np.linspace(-12, 12, 20_001), [1e30, -np.inf]]).astype(np.float32)
    results = []
    for level in (BASELINE, AVX2, AVX512):
        limit_vectors(level)
        results.append(np.empty_like(x))
        OURS["erfc"](x, results[-1])

    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
