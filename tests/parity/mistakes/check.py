"""One callable's mistakes in both libraries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from warnings import catch_warnings, simplefilter

import torch

import tapegrad

from ..calls import told
from . import made


class Mistakes:
    """How the calls of one callable ended."""

    def __init__(self, name: str) -> None:
        self.name, self.calls = name, 0
        self.ends: list[tuple[str, str]] = []       # cause, and the call with both answers
        self.texts: list[tuple[str, str]] = []

    def counts(self) -> list[int]:
        """Give how many calls end otherwise, and how many are worded otherwise."""
        return [len(self.ends), len(self.texts)]


def names() -> list[str]:
    """Give the names of all callables that are compared."""
    return list(made.names(tapegrad, torch))


def check(name: str) -> Mistakes:
    """Make every mistake with one callable."""
    found = Mistakes(name)
    with catch_warnings():
        simplefilter("ignore")
        pairs = zip(made.calls(tapegrad, name), made.calls(torch, name), strict=True)
        for (called, ours), (_, theirs) in pairs:
            _compare(found, called, _outcome(ours), _outcome(theirs))
    return found


def _outcome(run: Callable[[], Any]) -> Exception | None:
    try:
        run()
    except Exception as error:
        return error
    return None


def _compare(found: Mistakes, called: str, ours: Exception | None,
             theirs: Exception | None) -> None:
    found.calls += 1
    told_both = f"{called}: {_told(ours)}, instead of {_told(theirs)}"
    if _kind(ours) != _kind(theirs):
        found.ends.append((f"{_kind(ours)} instead of {_kind(theirs)}", told_both))
    elif theirs is not None and not str(ours).startswith(str(theirs).rstrip()):
        found.texts.append((f"{_cause(ours)} | {_cause(theirs)}", told_both))


def _kind(error: Exception | None) -> str:
    return "a result" if error is None else type(error).__name__.lstrip("_")


def _told(error: Exception | None) -> str:
    return "a result" if error is None else told(error)


def _cause(error: Any) -> str:
    """Give a text without the names, numbers and types in it."""
    text = re.sub(r"^[\w.]+\(\)", "f()", str(error).split("\n")[0])
    text = re.sub(r"got \(.*\)", "got (...)", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "_", text)
    return re.sub(r"must be .*", "must be ...", text)[:70]
