"""The pretraining example runs from IDX files to its number, and says which files are missing.

The files hold stripes in the place of clothes, so that CI needs no data; the example itself reads
the published ones.
"""

import re
import struct
from pathlib import Path

import numpy as np
import pytest

from .scripts import PNG, run


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """Give a folder of true IDX files: ten widths of stripes, with noise."""
    rng = np.random.default_rng(0)
    for kind, n in (("train", 96), ("t10k", 16)):
        labels = np.arange(n) % 10
        waves = np.sin(np.arange(28) / (1 + labels[:, None] / 2)) * 80 + 120
        images = waves[:, None, :] + rng.normal(0, 20, (n, 28, 28))
        for name, array in (("images-idx3", images.clip(0, 255)), ("labels-idx1", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            path = tmp_path / f"{kind}-{name}-ubyte"
            path.write_bytes(header + array.astype(np.uint8).tobytes())
    return tmp_path


def test_runs_to_its_number(examples: Path, stripes: Path) -> None:
    """It pretrains on half of the kinds, draws its curve and ends in what each head reached."""
    plot = stripes / "curve.png"
    result = run(examples / "pretrain_fashion.py", "--data", str(stripes), "--samples", "9",
                 "--epochs", "1", "--plot", str(plot))  # fmt: skip
    heads = re.findall(r"^10 pictures of each new kind, a head on (.+): ([\d.]+)$", result.stdout,
                       re.MULTILINE)  # fmt: skip
    figures = re.search(r": ([\d.]+) before, ([\d.]+) after \d+ steps\n\Z", result.stdout)

    assert result.returncode == 0, result.stderr
    assert [name for name, _ in heads] == ["pixels", "an untrained body", "the pretrained body"]
    # One in five would be right by chance; the body has seen one batch.
    assert figures and heads[2][1] == figures[2] and float(figures[2]) > 0.5
    assert plot.read_bytes().startswith(PNG)


def test_missing_data_is_asked_for(examples: Path, tmp_path: Path) -> None:
    """Without the files it says what to install, and fails without a traceback."""
    result = run(examples / "pretrain_fashion.py", "--data", str(tmp_path))

    assert result.returncode == 1
    assert result.stderr == (
        f"{tmp_path} has no train-images-idx3-ubyte[.gz]: install dataset-fashion-mnist or give "
        "--data\n"
    )
