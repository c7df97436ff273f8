"""The examples, copied so that a test leaves nothing in the source tree."""

import shutil
from pathlib import Path

import pytest

from .scripts import SOURCE


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the examples."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: no data to train on")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: no curves to draw")
    return shutil.copytree(SOURCE, tmp_path_factory.mktemp("run") / "examples",
                           ignore=shutil.ignore_patterns("output", "__pycache__"))
