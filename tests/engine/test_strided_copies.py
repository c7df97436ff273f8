"""Copies and casts of permuted, sliced and expanded arrays, in few launches."""

from __future__ import annotations

import itertools
from types import ModuleType

import numpy as np
import pytest

# Beside small ones: blocks of 16 with a rest, and more dimensions than one launch takes.
SHAPES = [(3, 4), (64, 70), (130, 17), (2, 3, 4, 5), (8, 64, 4, 16), (2, 3, 2, 3, 2), (0, 3)]
DTYPES = ["bool", "int8", "int64", "float16", "float32", "float64"]


def permutations(n: int) -> list[tuple[int, ...]]:
    """Every order of so many dimensions."""
    return list(itertools.permutations(range(n)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_copy(torch: ModuleType, shape: tuple[int, ...], dtype: str) -> None:
    """A copy of a permuted tensor has the elements that NumPy's has."""
    data = (np.arange(np.prod(shape)).reshape(shape) % 101 - 50).astype(dtype)
    x = torch.tensor(data)

    for order in permutations(len(shape)):
        assert (x.permute(order).contiguous().numpy() == data.transpose(order)).all()


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_cast_into_permuted(torch: ModuleType, source: str, target: str) -> None:
    """A cast writes through the strides of its target as well."""
    data = (np.arange(40 * 50).reshape(40, 50) % 101).astype(source)
    out = torch.zeros(50, 40, dtype=getattr(torch, target)).t()
    out.copy_(torch.tensor(data))

    assert (out.numpy() == data.astype(target)).all()


def test_expanded_and_sliced(torch: ModuleType) -> None:
    """Repeated rows and columns, and every other one, are copied as they are seen."""
    data = np.arange(60.0).reshape(20, 3)
    x = torch.tensor(data)

    assert (x[:, None].expand(20, 33, 3).contiguous().numpy() == data[:, None]).all()
    assert (x[:, :, None].expand(20, 3, 33).contiguous().numpy() == data[:, :, None]).all()
    assert (x[::2, ::2].t().contiguous().numpy() == data[::2, ::2].T).all()


def test_special_values(torch: ModuleType) -> None:
    """NaN keeps its bits, and so do infinities, the negative zero and subnormal numbers."""
    bits = np.array([0x7FC00001, 0xFFC00000, 0x7F800000, 0x80000000, 0x00000001], np.uint32)
    data = np.tile(bits, (40, 8)).view(np.float32)
    copy = torch.tensor(data).t().contiguous().numpy()

    assert (copy.view(np.uint32) == data.T.view(np.uint32)).all()


@pytest.mark.parametrize("order", permutations(4), ids=str)
def test_one_launch(tapegrad: ModuleType, order: tuple[int, ...]) -> None:
    """Four dimensions in any order are copied by one launch."""
    x = tapegrad.zeros(3, 4, 5, 6).permute(order)
    with tapegrad._kernels.record_launches() as log:
        x.clone(memory_format=tapegrad.contiguous_format)

    assert len(log) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 7, 15, 16, 17, 63, 64, 65, 1000, 8191, 8193, 40000])
def test_rows_of_any_length(torch: ModuleType, dtype: str, n: int) -> None:
    """Packed rows are copied whole, from and to any place, and backwards."""
    data = (np.arange(3 * (n + 3)) % 101).reshape(3, n + 3).astype(dtype)
    x = torch.tensor(data)

    assert (x[:, 1:-2].contiguous().numpy() == data[:, 1:-2]).all()
    assert (x[:, 1:-2].flip(1).numpy() == data[:, 1:-2][:, ::-1]).all()
    assert (x.roll(1, 1).numpy() == np.roll(data, 1, 1)).all()
    out = torch.zeros(3, n + 5, dtype=x.dtype)
    out[:, 2:] = x
    assert (out[:, 2:].numpy() == data).all() and not out[:, :2].any()


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 33, 1000])
def test_one_number_everywhere(torch: ModuleType, source: str, target: str, n: int) -> None:
    """A number is converted once, whatever it comes from."""
    number = torch.tensor(1, dtype=getattr(torch, source))
    out = torch.empty(n, dtype=getattr(torch, target)).copy_(number)

    assert out.numpy().tolist() == [1] * n
