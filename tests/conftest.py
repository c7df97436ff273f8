"""The library under test, and the one that it is compared with.

Every test takes the library as the argument ``torch``. ``pytest --engine torch`` runs the same
tests on PyTorch itself: that is how the stored expectations were proved.
"""

import gc
import importlib
from collections.abc import Callable
from types import ModuleType

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say which library is tested."""
    parser.addoption("--engine", default="tapegrad", choices=["tapegrad", "torch"],
                     help="library that the tests run on")


@pytest.fixture(scope="session")
def torch(request: pytest.FixtureRequest) -> ModuleType:
    """Give the library under test, under the name that its users give it."""
    return importlib.import_module(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def tapegrad(torch: ModuleType) -> ModuleType:
    """Give tapegrad, for what PyTorch does not have."""
    if torch.__name__ != "tapegrad":
        pytest.skip("needs what only tapegrad has")
    return torch


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """Give PyTorch, for tests that run the same function in both libraries."""
    try:
        return importlib.import_module("torch")
    except ImportError:
        pytest.skip("PyTorch is not installed: nothing to compare with")


@pytest.fixture(autouse=True)
def _fixed_seed(request: pytest.FixtureRequest) -> None:
    """Start each test that uses the library from the same random numbers."""
    if "torch" in request.fixturenames:
        request.getfixturevalue("torch").manual_seed(0)


@pytest.fixture
def counts(tapegrad: ModuleType) -> Callable[[], tuple[int, int]]:
    """Give a function that tells (entries, saved bytes) of the tape beyond those at the start."""
    while gc.collect():
        pass  # what other tests left may fall in turns
    start = tapegrad.autograd.tape_info()

    def since_start() -> tuple[int, int]:
        now = tapegrad.autograd.tape_info()
        return now.entries - start.entries, now.saved_bytes - start.saved_bytes

    return since_start
