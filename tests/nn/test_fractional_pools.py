"""Maxima over windows of random places: mistakes, and numbers that are no proper places."""

from types import ModuleType

import pytest
from beside import assert_alike

SETUP = """
F = torch.nn.functional
x = torch.arange(180.0).view(2, 3, 5, 6)
y = torch.arange(720.0).view(2, 3, 5, 6, 4)
"""
CODE = [
    "F.fractional_max_pool2d(x, 2)", "F.fractional_max_pool3d(y, 2)",
    "F.fractional_max_pool2d(x, 2, output_size=(9, 2))",
    "F.fractional_max_pool2d(x, 2, output_size=(2, 9))",
    "F.fractional_max_pool3d(y, 2, output_size=(2, 2, 3))",
    "F.fractional_max_pool2d(x, 2, output_ratio=(0.5, 0.5, 0.5))",
    "F.fractional_max_pool2d(y, 2, output_size=2)", "F.fractional_max_pool3d(x[0], 2, 2)",
    "F.fractional_max_pool2d(x[:0], 2, output_size=3)", "F.fractional_max_pool2d(x[:, :0], 2, 3)",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.rand(2, 3, 1))",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.rand(1, 3, 2))",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.rand(2, 2, 2))",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.rand(3, 2))",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.rand(2, 3, 2).double())",
    "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=torch.ones(2, 3, 2) * 5)",
    "F.fractional_max_pool2d(x, (2, 2, 2), (3, 3))", "F.fractional_max_pool2d(x, 2, (3,))",
    "F.fractional_max_pool3d(y, 2, (2, 2))", "F.fractional_max_pool2d(x, 2, (0, 3))",
    "F.fractional_max_pool2d(x, 2, (-1, 3))", "F.fractional_max_pool2d(x, 2.0, 2)",
    "x[0, 0, 0, 1] = x[0, 0, 1, 0] = torch.nan; F.fractional_max_pool2d(x, 2, 3, "
    "_random_samples=torch.zeros(2, 3, 2), return_indices=True)",
    "F.fractional_max_pool3d(y.long(), 2, 2, _random_samples=torch.zeros(2, 3, 3).long())",
    "torch.nn.FractionalMaxPool2d(2, output_ratio=1.5)", "torch.nn.FractionalMaxPool2d(2)",
    "torch.nn.FractionalMaxPool3d(2, 3, 0.5)", "torch.nn.FractionalMaxPool3d(0, 3)",
]


@pytest.mark.parametrize("code", CODE)
def test_as_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """The result, or the refusal, is PyTorch's."""
    assert_alike(SETUP + code, torch, reference)


@pytest.mark.parametrize("samples", [float("nan"), float("inf"), -3.7, 1e30])
def test_windows_stay_inside(tapegrad: ModuleType, samples: float) -> None:
    """Samples outside of 0 to 1 lead to some elements of the plane, never out of it."""
    x = tapegrad.arange(30.0).view(1, 5, 6)
    places = tapegrad.full((1, 1, 2), samples)

    out = tapegrad.nn.functional.fractional_max_pool2d(x, 2, 3, _random_samples=places)

    assert out.shape == (1, 3, 3)
    assert tapegrad.isin(out, x).all()


def test_empty_windows_are_refused(tapegrad: ModuleType) -> None:
    """A kernel of size 0 has no maximum; PyTorch gives minus infinity."""
    with pytest.raises(ValueError, match="kernel_size must be greater than 0, but got"):
        tapegrad.nn.functional.fractional_max_pool2d(tapegrad.ones(1, 5, 5), 0, 2)
