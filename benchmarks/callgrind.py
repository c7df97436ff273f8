"""Count instructions under valgrind's callgrind, stretch by stretch of one run.

A program marks the ends of its stretches by :func:`mark`. What it calls, ``getppid`` of the C
library, is called by nothing else, and callgrind writes what it has counted whenever it is entered.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runner import environment

MARK = "getppid"
LAUNCH = "_kernels_6kernel_launch"
INTERPRETER = re.compile(r"/(libpython|python)[^/]*$")


def mark() -> None:
    """End a stretch, and begin the next."""
    os.getppid()


def why_not() -> str:
    """Say why nothing can be counted here; nothing if it can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed"
    return ""


@dataclass(frozen=True)
class Stretch:
    """Instructions between two marks: all, those of the interpreter, and those below a launch."""

    total: int
    interpreter: int
    kernels: int

    @property
    def engine(self) -> int:
        """What is neither: compiled modules, and what they call."""
        return self.total - self.interpreter - self.kernels


def stretches(*arguments: str) -> list[Stretch]:
    """Run this Python on the arguments; return the stretches between its marks.

    Hashes are fixed, so that dictionaries are laid out alike in every run.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counts",
             f"--dump-before={MARK}", sys.executable, *arguments],
            check=True, capture_output=True, text=True,
            env={**environment(threads=1), "PYTHONHASHSEED": "0"})
        dumps = sorted(Path(folder).glob("counts.*"), key=lambda path: int(path.suffix[1:]))
        return [read(dump) for dump in dumps[1:]]  # the first ends where the first mark is


def read(dump: Path) -> Stretch:
    """Return what one dump says."""
    interpreter = kernels = total = 0
    for function, own, below in costs(dump):
        total += own
        if INTERPRETER.search(function.object):
            interpreter += own
        if function.name.endswith(LAUNCH):
            kernels += below
    return Stretch(total, interpreter, kernels)


@dataclass(frozen=True)
class Function:
    """A function, and the file of machine code that it is in."""

    object: str
    name: str


def costs(dump: Path) -> Iterator[tuple[Function, int, int]]:
    """Give each block of the dump: the function, what its lines cost, and what it called cost."""
    names: dict[tuple[str, str], str] = {}

    def full(kind: str, text: str) -> str:
        """Return a name, which callgrind writes out only the first time."""
        number, _, written = text.partition(" ")
        return names.setdefault((kind, number), written) if written else names[kind, number]

    in_object, function = "", Function("", "")
    own = below = 0
    is_call = False
    for line in dump.read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "ob":
            in_object = full("object", value)
        elif key == "cob":
            full("object", value)
        elif key == "cfn":
            full("function", value)
        elif key == "fn":
            yield function, own, below
            function, own, below = Function(in_object, full("function", value)), 0, 0
        elif key == "calls":
            is_call = True
        elif line[:1] in tuple("0123456789+-*"):
            cost = int(line.split()[1])
            own, below = (own, below + cost) if is_call else (own + cost, below)
            is_call = False
    yield function, own, below
