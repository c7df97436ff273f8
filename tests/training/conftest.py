"""The namespace under test."""

from types import ModuleType

import pytest


@pytest.fixture
def training(tapegrad: ModuleType) -> ModuleType:
    """Give the namespace."""
    return tapegrad.training
