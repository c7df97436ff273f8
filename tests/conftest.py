"""The library under test, and the one that it is compared with.

Every test takes the library as the argument ``torch``. ``pytest --engine torch`` runs the same
tests on PyTorch itself: that is how the stored expectations were proved.
"""

import gc
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

PARITY = Path(__file__).parent / "parity"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say which library is tested."""
    parser.addoption("--engine", default="tapegrad", choices=["tapegrad", "torch"],
                     help="library that the tests run on")
    parser.addoption("--compared", action="store_true",
                     help="only tests that compare with PyTorch, which others run without")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs no PyTorch, if only comparisons were asked for."""
    if config.getoption("--compared"):
        config.hook.pytest_deselected(items=[item for item in items if not is_comparison(item)])
        items[:] = filter(is_comparison, items)


def is_comparison(item: pytest.Item) -> bool:
    """Whether a test is skipped where PyTorch is missing."""
    return "reference" in getattr(item, "fixturenames", ()) or PARITY in item.path.parents


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


INSTRUCTION_SETS = {"plain": 0, "avx2": 1, "avx512": 2}


@pytest.fixture(params=INSTRUCTION_SETS)
def level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the loops of one instruction set, where the processor has it."""
    kernels = importlib.import_module("tapegrad._kernels")
    before = kernels.limit_vectors(INSTRUCTION_SETS[request.param])
    yield
    kernels.limit_vectors(before)


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
