"""Pools whose outputs are found tap by tap, beside PyTorch's: long lines, borders, odd values."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tapegrad._kernels import limit_vectors

BASELINE, AVX2, AVX512 = range(3)
WINDOWS = [
    {"kernel_size": 2}, {"kernel_size": 2, "ceil_mode": True}, {"kernel_size": 3, "stride": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 5, "stride": 2, "padding": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": 4, "stride": 4}, {"kernel_size": 33, "stride": 1},
]  # fmt: skip
COUNTS = [{}, {"count_include_pad": False}, {"divisor_override": 3}]
IMAGES = [(2, 3, 34, 37), (1, 2, 33, 600), (3, 33, 35)]


def drawn(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Give numbers that every dtype holds."""
    return np.random.default_rng(0).integers(-64, 64, shape).astype(dtype) / 8


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("counts", COUNTS, ids=str)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_means_and_their_gradients(
    torch: ModuleType, reference: ModuleType, window: dict, counts: dict, shape: tuple, dtype: str
) -> None:
    """Sums in double, divided once: the bits are PyTorch's, and so are the gradient's."""
    found = []
    for library in (torch, reference):
        x = library.from_numpy(drawn(shape, dtype)).requires_grad_()
        y = library.nn.functional.avg_pool2d(x, **window, **counts)
        (slope,) = library.autograd.grad(y, x, y.detach())
        found.append((y.detach().numpy(), slope.numpy()))

    np.testing.assert_array_equal(found[0][0], found[1][0])
    # A float16 is rounded at each of up to 1,089 additions.
    tolerance = 0.02 * np.abs(found[1][1]).max() if dtype == "float16" else 1e-6
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6, atol=tolerance)


@pytest.mark.parametrize("size", [1, 7, 14])
def test_adaptive_means_that_share_evenly(
    torch: ModuleType, reference: ModuleType, size: int
) -> None:
    """Adaptive windows of one size are as any others."""
    for width in (14, 28, 56):
        x = drawn((2, 3, 14, width), np.float32)
        ours, theirs = (library.nn.functional.adaptive_avg_pool2d(library.from_numpy(x), size)
                        for library in (torch, reference))
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("window", [*WINDOWS, {"kernel_size": 3, "dilation": 4, "stride": 2}],
                         ids=str)
def test_maxima_of_sequences(
    torch: ModuleType, reference: ModuleType, window: dict, dtype: str
) -> None:
    """Recorded or not, maxima are PyTorch's, of NaN and of lines of minus infinity too."""
    x = drawn((3, 2, 700), dtype)
    x[0, 0, ::50], x[1, :, 40:120], x[2, 1, 300:310] = np.nan, -np.inf, np.inf
    for recorded in (False, True):
        ours, theirs = (
            library.nn.functional.max_pool1d(
                library.from_numpy(x.copy()).requires_grad_(recorded), **window)
            for library in (torch, reference)
        )
        np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())


def test_windows_given_otherwise(torch: ModuleType, reference: ModuleType) -> None:
    """Lists, and sequences that lie otherwise in memory, are taken as well."""
    x = drawn((5, 40, 2), np.float32)
    for library in (torch, reference):
        turned = library.from_numpy(x).transpose(1, 2)
        pooled = library.nn.functional.max_pool1d(turned, [3], [2], [1])
        np.testing.assert_array_equal(
            pooled.numpy(), library.nn.functional.max_pool1d(turned.contiguous(), 3, 2, 1).numpy()
        )


def test_instruction_sets_agree(torch: ModuleType) -> None:
    """Plain C, AVX2 and AVX-512 give the same bits."""
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 3, 40, 300)).astype("f4"))
    found = []
    for level in (BASELINE, AVX2, AVX512):
        limit_vectors(level)
        recorded = x.clone().requires_grad_()
        y = torch.nn.functional.avg_pool2d(recorded, 3, 2, 1)
        (slope,) = torch.autograd.grad(y, recorded, y.detach())
        found.append((y.detach(), slope, torch.nn.functional.max_pool1d(x[0], 3, 2, 1)))
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))
