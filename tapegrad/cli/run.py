"""``tapegrad run SCRIPT [ARGS]``: run a PyTorch program as it is, on tapegrad.

``torch`` and ``torchvision`` mean tapegrad there; all else is as with ``python SCRIPT [ARGS]``.
``-m MODULE`` in the place of SCRIPT runs a module, as ``python -m MODULE`` does. ``python -m
tapegrad SCRIPT`` is the same.
"""

from __future__ import annotations

import builtins
import os
import runpy
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType

from tapegrad._as_torch import WHERE_TO_READ, as_torch

USAGE = "usage: tapegrad run (SCRIPT | -m MODULE) [ARGS]"
STAND_IN = str(Path(__file__).parents[1] / "_stand_in")


def run(arguments: list[str]) -> None:
    """Become the program that the arguments name."""
    is_module = arguments[:1] == ["-m"]
    program = arguments[is_module:]
    if not program or (not is_module and program[0].startswith("-")):
        is_help = arguments[:1] in (["-h"], ["--help"])
        print(f"{USAGE}\n\n{__doc__}" if is_help else USAGE, file=None if is_help else sys.stderr)
        sys.exit(0 if is_help else 2)
    as_torch()
    hide_our_frames()
    sys.argv = program
    if is_module:
        run_module(program[0])
    else:
        run_file(program[0])


# `python -m` itself goes through runpy's _run_module_as_main, which typeshed does not list; the
# public functions put a module in the place of __main__ only for a while.
def run_module(name: str) -> None:
    """Run a module as ``python -m`` does; the current folder is the first of the path already."""
    become_main()
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def run_file(path: str) -> None:
    """Run a script, or a folder or archive with a ``__main__.py``, as ``python PATH`` does."""
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        become_main()
        sys.path[0] = os.path.abspath(path)
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
        return
    full_path = os.path.abspath(path)
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file '{full_path}': {reason}", file=sys.stderr)
        sys.exit(2)
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    module = become_main()
    module.__dict__.update(
        __file__=full_path, __cached__=None, __loader__=SourceFileLoader("__main__", full_path)
    )
    exec(compile(source, full_path, "exec", dont_inherit=True), module.__dict__)


def become_main() -> ModuleType:
    """A fresh ``__main__`` for the program, and a path on which its processes find ``torch``."""
    sys.path.insert(1, STAND_IN)
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = module
    return module


def hide_our_frames() -> None:
    """Let tracebacks begin where the program does."""
    shown = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        trace = below_our_frames(trace)
        shown(kind, error.with_traceback(trace), trace)
        if is_about_us(error):
            print(WHERE_TO_READ, file=sys.stderr)

    sys.excepthook = show


def is_about_us(error: BaseException) -> bool:
    """Whether an error says that one of our modules, or a tensor, lacks a name."""
    if isinstance(error, ImportError):
        return (error.name or "").startswith("tapegrad.")
    if not isinstance(error, AttributeError):
        return False
    return str(error).startswith(("module 'tapegrad.", "'Tensor' object has no attribute"))


def below_our_frames(trace: TracebackType | None) -> TracebackType | None:
    """What is left of a traceback below the frames of this file and those that led here."""
    is_ours = False
    while trace is not None:
        was_ours, is_ours = is_ours, trace.tb_frame.f_code.co_filename == __file__
        if was_ours and not is_ours:
            break
        trace = trace.tb_next
    return trace

