"""The command line around its commands: help, statuses, and which program is meant."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import status

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = "import sys; from tapegrad.cli.main import main; main()"


def run(*arguments, cwd=None):
    """Run this Python."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture
def commands(tapegrad):
    """The names of all commands."""
    from tapegrad.cli.main import COMMANDS

    return list(COMMANDS)


def test_help_names_everything(commands, capsys):
    """Help names all commands; each command's own says what each option means."""
    from tapegrad.cli.main import parser

    whole = parser()
    (choices,) = [one.choices for one in whole._actions if one.dest == "command"]
    assert status("--help") == 0
    shown = capsys.readouterr().out

    assert all(name in shown for name in commands) and "exit status" in shown
    for name, one in choices.items():
        assert all(action.help for action in one._actions), name
        assert "exit status" in one.format_help()


@pytest.mark.parametrize("words", [
    (), ("nothing",), ("finetune",), ("finetune", "x"), ("predict", "run"), ("info", "x"),
    ("finetune", "x", "--out", "y", "--epochs", "0"),
    ("finetune", "x", "--out", "y", "--validation", "1"),
    ("run",), ("run", "-x"),
])  # fmt: skip
def test_usage(tapegrad, words, capsys):
    """A command line that does not fit has status 2 and says how it should be."""
    assert status(*words) == 2
    assert "usage: tapegrad" in capsys.readouterr().err


def test_info(tapegrad, capsys):
    """Versions, BLAS, threads and instruction sets, to read and as JSON."""
    assert status("info") == 0
    text = capsys.readouterr().out
    assert status("info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)

    assert facts["tapegrad"] == tapegrad.__version__
    assert facts["packages"]["numpy"] == np.__version__
    assert facts["threads"] == tapegrad.get_num_threads() and facts["BLAS"]
    for name in facts:
        assert f"{name}:" in text


def test_instruction_sets_are_the_processors(tapegrad):
    """What the system says of the processor is found too."""
    from tapegrad.cli.info import instruction_sets, vector_level

    cpu = Path("/proc/cpuinfo")
    flags = set(cpu.read_text().split()) if cpu.exists() else set()

    if "avx2" in flags:
        assert {"AVX", "AVX2"} <= set(instruction_sets())
    assert ("AVX512F" in instruction_sets()) == ("avx512f" in flags) or not flags
    assert vector_level([]) == "baseline" and vector_level(["AVX2", "FMA3"]) == "AVX2"
    if {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx2", "fma"} <= flags:
        assert vector_level(instruction_sets()) == "AVX-512"


def test_info_of_missing_packages(tapegrad, monkeypatch):
    """A package that is not there is said to be missing, with the extra that brings it."""
    from tapegrad.cli import info

    monkeypatch.setattr(info, "_PACKAGES", {"no-such-package": "plots"})

    assert info.gathered()["packages"] == {"no-such-package": "missing (extra plots)"}


def test_entry_point():
    """The command that an installation gets is this one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["scripts"] == {"tapegrad": "tapegrad.cli.main:main"}


def test_commands_of_the_module(tmp_path):
    """``python -m tapegrad COMMAND`` is the command, even where a script has its name."""
    (tmp_path / "info").write_text("print('a script')")

    assert run("-m", "tapegrad", "info", cwd=tmp_path).stdout.startswith("tapegrad:")
    assert run("-m", "tapegrad", "./info", cwd=tmp_path).stdout == "a script\n"
    assert run("-m", "tapegrad", "run", "info", cwd=tmp_path).stdout == "a script\n"


def test_programs_of_the_command(tmp_path):
    """``tapegrad run`` runs scripts and modules as Python does, with ``torch`` in them."""
    (tmp_path / "beside.py").write_text("name = 'beside'")
    (tmp_path / "program.py").write_text(
        "import sys, torch, beside\nprint(torch.__name__, beside.name, sys.argv, __name__)")
    (tmp_path / "broken.py").write_text("def f():\n    return 1 / 0\nf()")
    script = run("-c", CONSOLE, "run", "program.py", "--x", cwd=tmp_path)
    module = run("-c", CONSOLE, "run", "-m", "program", "--x", cwd=tmp_path)
    broken = run("-c", CONSOLE, "run", "broken.py", cwd=tmp_path)

    assert script.stdout.split(" ", 1)[1] == "beside ['program.py', '--x'] __main__\n"
    assert module.stdout.endswith("/program.py', '--x'] __main__\n")
    assert broken.returncode == 1
    assert broken.stderr == run("broken.py", cwd=tmp_path).stderr.replace(
        str(tmp_path) + "/" if "broken.py" not in broken.stderr else "", "")


def test_interrupted(tapegrad, monkeypatch, capsys):
    """A command that Ctrl-C ends has status 130 and no traceback."""
    from tapegrad.cli import info

    def interrupted(options):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(info, "run", interrupted)
    # A shell that starts the tests in the background lets them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ended = status("info")
    signal.signal(signal.SIGINT, before)

    assert ended == 130
    assert capsys.readouterr().err == "tapegrad info: interrupted\n"


def test_unexpected_errors(tapegrad, monkeypatch, capsys):
    """An error that nobody expected is one line too, with its class and how to see more."""
    from tapegrad.cli import info

    monkeypatch.setattr(info, "run", lambda options: {}["what"])

    assert status("info") == 1
    assert capsys.readouterr().err == (
        "tapegrad info: error: KeyError: 'what' (--debug shows where)\n")


def test_parsing_is_light(tapegrad):
    """Help loads neither models nor the trainer."""
    result = run("-c", "import sys\nfrom tapegrad.cli.main import parser\nparser()\n"
                       "print(*[name for name in sys.modules if name.startswith('tapegrad.')])")

    assert not {"tapegrad.training", "tapegrad.vision", "tapegrad.nn"} & set(result.stdout.split())
