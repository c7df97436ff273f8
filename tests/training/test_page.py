"""The page about training is true: its snippets run, and its commands can be parsed."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training.md"


def blocks(language):
    """The blocks of code in a language."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_snippets(tapegrad, tmp_path, monkeypatch):
    """One after the other, each with what those before it have defined."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    for number, block in enumerate(blocks("python")):
        exec(compile(block, f"{PAGE.name}, snippet {number + 1}", "exec"), names)

    assert len(blocks("python")) == 4
    assert (tmp_path / "run" / "history.csv").is_file()


def test_commands(tapegrad):
    """Each line of the shell is a command that the parser takes."""
    from tapegrad.cli.main import parser

    (block,) = blocks("sh")
    parsed = [parser().parse_args(shlex.split(line)[1:]) for line in block.splitlines()]

    assert [one.command for one in parsed] == ["finetune", "finetune", "predict", "info"]


def test_options(tapegrad):
    """The options in the table are the trainer's."""
    import inspect

    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)=", row)}

    assert named
    assert named <= set(inspect.signature(tapegrad.training.Trainer).parameters)
