"""torchvision beside tapegrad.vision.

``pytest --engine torch tests/vision`` runs the tests on torchvision 0.28 itself; so do those that
compare. Any wheel will do: ``pip install --no-deps --target FOLDER torchvision==0.28.0``, and
FOLDER on ``PYTHONPATH``.
"""

import importlib
import warnings
from types import ModuleType

import pytest


def original() -> ModuleType:
    """Import torchvision; operators that a wheel for GPUs misses are declared for it."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("torchvision")
        except ImportError:
            pytest.skip("torchvision 0.28 is not installed: see tests/vision/conftest.py")


@pytest.fixture(scope="session")
def vision(torch: ModuleType) -> ModuleType:
    """Give the library of pictures under test."""
    return original() if torch.__name__ == "torch" else torch.vision


@pytest.fixture(scope="session")
def torchvision(reference: ModuleType) -> ModuleType:
    """Give torchvision, for tests that run the same function in both libraries."""
    return original()
