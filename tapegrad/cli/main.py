"""From the command line's words to a command, and from what it raises to a status."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from importlib import import_module
from typing import NoReturn, TextIO

COMMANDS = {
    "finetune": "train a pretrained network on a folder of pictures by class",
    "predict": "name the classes of pictures, by a network that finetune trained",
    "info": "print versions, BLAS, threads and instruction sets",
    "run": "run a PyTorch program as it is, on tapegrad",
}
EPILOG = """\
exit status: 0 done, 1 an error, 2 a mistake in the command line, 130 interrupted by Ctrl-C"""
PROGRAMS = "usage: python -m tapegrad (SCRIPT | -m MODULE | COMMAND) [ARGS]"


def main(arguments: list[str] | None = None, takes_programs: bool = False) -> NoReturn:
    """Run the command line, by default that of this process, and exit.

    Without a command, ``takes_programs`` runs the script or the module that is named instead.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["run"]:
        _become_program(words[1:], finds_modules_here=not takes_programs)
    if takes_programs and _may_be_program(words):
        _become_program(words, finds_modules_here=False)
    if takes_programs and not words:
        print(PROGRAMS, file=sys.stderr)
        sys.exit(2)
    options = parser(takes_programs).parse_args(words)
    sys.exit(_run(options))


def _may_be_program(words: list[str]) -> bool:
    if words[:1] == ["-m"]:
        return True
    return bool(words) and not words[0].startswith("-") and words[0] not in COMMANDS


def _become_program(words: list[str], finds_modules_here: bool) -> None:
    from tapegrad.cli.run import run

    if finds_modules_here:  # as `python -m` does; a command's own folder is no program's business
        sys.path[0] = os.getcwd()
    run(words)
    sys.exit(0)


def parser(takes_programs: bool = False) -> argparse.ArgumentParser:
    """The parser of all commands."""
    whole = argparse.ArgumentParser(
        prog="python -m tapegrad" if takes_programs else "tapegrad",
        usage=PROGRAMS.removeprefix("usage: ") if takes_programs else None,
        description="tapegrad on the command line.", epilog=EPILOG,
    )  # fmt: skip
    commands = whole.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="tapegrad"
    )
    for name, text in COMMANDS.items():
        one = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EPILOG,
            formatter_class=_Help,
        )  # fmt: skip
        if name != "run":
            import_module(f"tapegrad.cli.{name}").add_arguments(one)
            one.add_argument("--debug", action="store_true", help="show where an error was raised")
    return whole


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Help that tells defaults, where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        is_switch = action.default is None or action.default is False
        return action.help if is_switch else super()._get_help_string(action)


def _run(options: argparse.Namespace) -> int:
    """The status of a command; errors become one line each."""
    program = f"tapegrad {options.command}"
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return import_module(f"tapegrad.cli.{options.command}").run(options)
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if options.debug:
            raise
        print(f"{program}: error: {_text(error)}", file=sys.stderr)
        return 1


def _text(error: Exception) -> str:
    """What was wrong; with the class where the text alone would not say it."""
    text = str(error) or type(error).__name__
    is_plain = isinstance(error, (OSError, ValueError, RuntimeError, ImportError, ArithmeticError))
    return text if is_plain else f"{type(error).__name__}: {text} (--debug shows where)"


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    print(f"tapegrad: warning: {message}", file=sys.stderr)


__all__ = ["main", "parser"]
