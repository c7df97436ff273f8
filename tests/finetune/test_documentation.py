"""The page on fine-tuning runs as it is printed."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "finetuning.md"


def test_snippets_run(tapegrad, capsys):
    """Its snippets run one after the other, and print what their comments say."""
    names = {}
    for snippet in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(snippet, names)

    assert "[['conv1', 'bn1'], ['layer1.0']]" in capsys.readouterr().out
    assert names["gradual"].n_unfrozen == 2
