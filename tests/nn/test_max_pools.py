"""Maxima over windows against their definition, one output after the other."""

import itertools

import numpy as np
import pytest

# Size, kernel, stride, padding, dilation: borders, gaps, windows that overlap or leave places out.
WINDOWS = [
    ((8, 8), (2, 2), (2, 2), (0, 0), (1, 1)),
    ((7, 60), (2, 2), (2, 2), (0, 0), (1, 1)),
    ((9, 7), (3, 2), (2, 3), (1, 1), (1, 1)),
    ((11, 40), (3, 3), (1, 1), (1, 1), (2, 3)),
    ((3, 600), (2, 4), (1, 1), (0, 2), (1, 1)),
    ((5, 4, 6), (2, 3, 2), (2, 1, 2), (1, 1, 0), (1, 1, 2)),
]
LOWEST = {"float32": -np.inf, "float64": -np.inf, "float16": -np.inf, "int64": -(2**63), "uint8": 0}


def maxima(plane, size, kernel, stride, padding, dilation, count):
    """Each window's largest element and its place; of equal ones the first, of NaN the last."""
    values, places = [], []
    for output in itertools.product(*map(range, count)):
        best, place = None, 0
        for tap in itertools.product(*map(range, kernel)):
            at = [o * s - p + t * d
                  for o, s, p, t, d in zip(output, stride, padding, tap, dilation, strict=True)]
            if all(0 <= n < limit for n, limit in zip(at, size, strict=True)):
                x = plane[tuple(at)]
                if best is None or x > best or x != x:
                    best, place = x, np.ravel_multi_index(at, size)
        values.append(best)
        places.append(place)
    return values, places


def planes_of(dtype, size):
    """Three planes with many equal elements, and NaN and infinities where there are any."""
    random = np.random.default_rng(5)
    planes = random.integers(1, 5, (3, *size)).astype(dtype)
    if dtype.startswith("float"):
        planes[random.random(planes.shape) < 0.05] = np.nan
        planes[random.random(planes.shape) < 0.05] = np.inf
    return planes


@pytest.mark.parametrize("dtype", LOWEST)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_maxima(torch, dtype, window):
    """Values and places are those of the definition."""
    size, kernel, *rest = window
    planes = planes_of(dtype, size)
    pool = getattr(torch.nn.functional, f"max_pool{len(size)}d")

    values, places = pool(torch.from_numpy(planes)[None], *window[1:], return_indices=True)

    for k, plane in enumerate(planes):
        expected = maxima(plane, size, kernel, *rest, values.shape[2:])
        assert np.array_equal(values[0, k].numpy().ravel(), np.array(expected[0], dtype),
                              equal_nan=dtype.startswith("float"))  # fmt: skip
        assert places[0, k].flatten().tolist() == [int(n) for n in expected[1]]


@pytest.mark.parametrize("dtype", LOWEST)
def test_window_without_places(torch, dtype):
    """Nothing is larger than the lowest number in a window that misses the plane."""
    x = torch.from_numpy(np.ones((1, 1, 1, 1), dtype))

    pooled = torch.nn.functional.max_pool2d(x, (1, 2), 1, (0, 1), (1, 2))

    assert pooled.flatten().tolist() == [LOWEST[dtype]]


def test_plane_without_numbers(tapegrad):
    """More elements than have numbers are refused before memory is taken for them."""
    x = tapegrad.zeros(1, 1, 1, 1).expand(1, 1, 50_000, 50_000)

    with pytest.raises(RuntimeError, match="no maxima over planes of more than 2,147,483,647"):
        tapegrad.nn.functional.max_pool2d(x, 2)


@pytest.mark.parametrize("size", [(7, 8), (8, 7), (1, 6), (5, 5)])
def test_windows_beyond_the_end(torch, size):
    """A window that begins inside and ends beyond the plane takes what there is of it."""
    planes = planes_of("float32", size)

    values, places = torch.nn.functional.max_pool2d(
        torch.from_numpy(planes)[None], 2, ceil_mode=True, return_indices=True)  # fmt: skip

    assert values.shape == (1, 3, *(-(-n // 2) for n in size))
    for k, plane in enumerate(planes):
        expected = maxima(plane, size, (2, 2), (2, 2), (0, 0), (1, 1), values.shape[2:])
        assert np.array_equal(values[0, k].numpy().ravel(), np.array(expected[0]), equal_nan=True)
        assert places[0, k].flatten().tolist() == [int(n) for n in expected[1]]


def test_large_planes(torch):
    """Planes whose table of places is made piece by piece."""
    x = np.random.default_rng(0).standard_normal((2, 300, 400)).astype(np.float32)

    values, places = torch.nn.functional.max_pool2d(torch.from_numpy(x), 2, return_indices=True)

    blocks = x.reshape(2, 150, 2, 200, 2).swapaxes(2, 3).reshape(2, 150, 200, 4)
    assert np.array_equal(values.numpy(), blocks.max(-1))
    assert np.array_equal(np.take_along_axis(x.reshape(2, -1), places.numpy().reshape(2, -1), 1),
                          values.numpy().reshape(2, -1))  # fmt: skip
