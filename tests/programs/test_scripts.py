"""Four ordinary PyTorch programs, run as they are: they print what PyTorch lets them print.

``printed/*.txt`` holds what they print under PyTorch 2.13. Numbers may differ in their last digits,
since sums are rounded in another order; every word must be the same.
"""

import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from runs import UNDER_TAPEGRAD, run_python

HERE = Path(__file__).parent
LICENSE = HERE.parents[1] / "LICENSE"
RUNS = {
    "digits": ("digits.py", "--epochs", "2", "--save-model", "digits.pt"),
    "digits-dry": ("digits.py", "--dry-run", "--epochs", "1", "--lr", "0.1", "--no-cuda"),
    "trainer": ("trainer.py",),
    "transforms": ("transforms.py",),
    "char_rnn-lstm": ("char_rnn.py", "--text", str(LICENSE), "--steps", "30"),
    "char_rnn-gru": ("char_rnn.py", "--text", str(LICENSE), "--kind", "gru", "--steps", "30"),
}
NUMBER = re.compile(r"-?\d+\.\d+")


def printed(name: str, folder: Path, *, under_tapegrad: bool) -> str:
    """Run a script in a folder of its own and give what it prints."""
    script, *arguments = RUNS[name]
    if script == "digits.py":
        pytest.importorskip("sklearn", reason="scikit-learn is not installed: no digits")
    shutil.copy(HERE / "scripts" / script, folder)
    done = run_python(*UNDER_TAPEGRAD * under_tapegrad, script, *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_prints_alike(actual: str, expected: str) -> None:
    """Same words and same whole numbers; other numbers as near as training leaves them."""
    assert NUMBER.sub("#", actual) == NUMBER.sub("#", expected)
    numbers = [float(one) for one in NUMBER.findall(actual)]
    assert numbers == pytest.approx([float(one) for one in NUMBER.findall(expected)], rel=2e-4)


@pytest.mark.parametrize("name", RUNS)
def test_prints_what_pytorch_printed(tmp_path: Path, name: str) -> None:
    """Under tapegrad the program prints what is stored of its run under PyTorch."""
    expected = (HERE / "printed" / f"{name}.txt").read_text(encoding="utf-8")

    assert_prints_alike(printed(name, tmp_path, under_tapegrad=True), expected)


@pytest.mark.parametrize("name", ["digits", "trainer", "transforms", "char_rnn-lstm"])
def test_what_is_stored_is_what_pytorch_prints(
    reference: ModuleType, tmp_path: Path, name: str
) -> None:
    """The stored text is that of the PyTorch that is installed."""
    expected = (HERE / "printed" / f"{name}.txt").read_text(encoding="utf-8")

    assert_prints_alike(printed(name, tmp_path, under_tapegrad=False), expected)
