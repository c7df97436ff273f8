"""``python -m tapegrad PROGRAM`` runs a program as ``python PROGRAM`` does."""

from pathlib import Path

import pytest
from runs import UNDER_TAPEGRAD, run_python

SCRIPTS = {
    "arguments": "import sys; print(sys.argv)",
    "main": "print(__name__, __file__, __spec__, __package__, sorted(globals()))",
    "path": "import sys; print(sys.path[0]); import beside; print(beside.__file__)",
    "loader": "print(type(__loader__), __builtins__, __cached__, __doc__, __annotations__)",
    "module": "import sys; print(sys.modules['__main__'].__dict__ is globals())",
    "docstring": "'''What it does.'''\nprint(__doc__)",
    "annotation": "x: int = 1\nprint(__annotations__)",
    "future": "def f(x: undefined): pass",
    "source": "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
    "pickle": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "exit status": "import sys; sys.exit(3)",
    "exit text": "import sys; sys.exit('no such thing')",
    "exit none": "raise SystemExit",
    "error": "def f():\n    return 1 / 0\nf()",
    "error from error": "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError(1) from e",
    "error in import": "import broken",
    "own hook": "import sys\nsys.excepthook = lambda *args: print(args[0])\n1 / 0",
    "syntax": "def f(:\n    pass",
    "interrupt": "raise KeyboardInterrupt",
    "at exit": "import atexit\nx = 1\natexit.register(lambda: print(x, __name__))",
    "thread": "import threading, time\n"
              "threading.Thread(target=lambda: (time.sleep(0.1), print(__name__))).start()",
    "spawned": "import multiprocessing\nclass A: pass\n"
               "def work(value): return type(value).__module__, __name__\n"
               "if __name__ == '__main__':\n"
               "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
               "        print(pool.apply(work, [A()]))\n",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a module that can be imported and one that cannot."""
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "broken.py").write_text("raise LookupError('broken')")
    return tmp_path


def assert_alike(folder: Path, *arguments: str) -> None:
    """Same output, same errors, same status, with and without tapegrad around the program."""
    expected = run_python(*arguments, cwd=folder)
    actual = run_python(*UNDER_TAPEGRAD, *arguments, cwd=folder)

    assert actual.stdout == expected.stdout
    assert actual.stderr == expected.stderr
    assert actual.returncode == expected.returncode


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(folder: Path, name: str) -> None:
    """A script sees, prints and leaves behind what it does under Python alone."""
    (folder / "program.py").write_text(SCRIPTS[name])

    assert_alike(folder, "program.py", "--lr", "0.1")


def test_script_elsewhere(folder: Path) -> None:
    """The first folder of the path is the script's, through links, not the current one."""
    (folder / "below").mkdir()
    (folder / "program.py").write_text("import sys, beside\nprint(sys.path[0], __file__)")
    (folder / "below" / "link.py").symlink_to(folder / "program.py")

    assert_alike(folder, "below/link.py")


@pytest.mark.parametrize("source", ["print(__name__, __spec__.name, __package__)", "1 / 0"])
def test_module(folder: Path, source: str) -> None:
    """``-m MODULE`` gives a module its spec and its package."""
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys; from . import part; print(sys.argv)")
    (package / "part.py").write_text(source)

    assert_alike(folder, "-m", "package.part", "-m", "1")
    assert_alike(folder, "-m", "package", "2")


def test_folder_with_a_main_file(folder: Path) -> None:
    """A folder runs its ``__main__.py``."""
    (folder / "program").mkdir()
    (folder / "program" / "__main__.py").write_text("import sys; print(sys.argv, sys.path[0])")

    assert_alike(folder, "program", "1")


@pytest.mark.parametrize("arguments", [("nothing.py",), ("-m", "nothing"), ("-m", "beside.x")])
def test_what_is_not_there(folder: Path, arguments: tuple[str, ...]) -> None:
    """A missing file or module is refused, with the status that Python gives."""
    expected = run_python(*arguments, cwd=folder)
    actual = run_python(*UNDER_TAPEGRAD, *arguments, cwd=folder)

    assert actual.returncode == expected.returncode
    assert actual.stderr.partition(": ")[2] == expected.stderr.partition(": ")[2]


def test_usage(tmp_path: Path) -> None:
    """Without a program, or asked for help, it says how it is called."""
    wrong, right = run_python(*UNDER_TAPEGRAD), run_python(*UNDER_TAPEGRAD, "--help")

    assert (wrong.returncode, right.returncode) == (2, 0)
    assert wrong.stderr.startswith("usage: python -m tapegrad")
    assert right.stdout.startswith(wrong.stderr.strip())
