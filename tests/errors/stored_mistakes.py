"""Mistakes that users make, with the class and the text that PyTorch answers with.

``mistakes.txt`` holds the mistakes, a line of code each. ``python tests/errors/stored_mistakes.py``
runs them in PyTorch and stores what it says in ``mistakes.json``.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
CODES, ANSWERS = HERE / "mistakes.txt", HERE / "mistakes.json"


def codes() -> list[str]:
    """Give the lines of code."""
    lines = CODES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def answers() -> dict[str, list[str]]:
    """Give what PyTorch says to each: class and text."""
    return json.loads(ANSWERS.read_text(encoding="utf-8"))


def answer(code: str, torch: ModuleType) -> list[str]:
    """Run a mistake in a library, and give the class and the text of what it raises."""
    torch.manual_seed(0)
    try:
        eval(code, {"torch": torch})
    except Exception as error:
        return [type(error).__name__.lstrip("_"), str(error)]
    raise AssertionError(f"{code} is no mistake in {torch.__name__}")


if __name__ == "__main__":
    pytorch = importlib.import_module("torch")
    found = {code: answer(code, pytorch) for code in codes()}
    ANSWERS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} mistakes stored")
