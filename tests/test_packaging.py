"""What an installed tapegrad contains, needs and loads."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tapegrad"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMPILED = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.pyx"))


def run_python(*arguments: str, cwd: Path = ROOT / "tests") -> str:
    """Run this Python on ``arguments``; return what it prints.

    Not in the root, whose own tapegrad would come before the build that is under test.
    """
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after ``statement``."""
    return set(run_python("-c", f"{statement}\nimport sys\nprint(*sys.modules)").split())


def test_version_is_declared_alike(tapegrad) -> None:
    """``__version__`` is the version of the metadata, and the changelog's newest."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)

    assert tapegrad.__version__ == PROJECT["version"] == newest[1]


def test_run_time_dependencies() -> None:
    """Running needs NumPy and tqdm, nothing else."""
    names = {re.match(r"[\w-]+", line)[0] for line in PROJECT["dependencies"]}

    assert names == {"numpy", "tqdm"}


@pytest.mark.parametrize("module", COMPILED)
def test_compiled_modules_have_stubs(module: str) -> None:
    """Type checkers see every compiled module through a stub."""
    assert (PACKAGE / f"{module}.pyi").is_file()


def test_import_is_light() -> None:
    """Importing loads nothing slow beside NumPy, and nothing that only some programs need."""
    added = loaded_by("import tapegrad") - loaded_by("import numpy")
    libraries = {name.partition(".")[0] for name in added} - sys.stdlib_module_names
    of_cython = {name for name in libraries if name.lstrip("_").startswith("cython_")}

    assert libraries - of_cython == {"tapegrad"}
    assert not added & {"asyncio", "concurrent.futures", "importlib.metadata", "multiprocessing",
                        "unittest", "tapegrad.training"}


def test_import_starts_no_thread() -> None:
    """A program that only imports tapegrad has one thread."""
    count = run_python("-c", "import tapegrad, threading; print(threading.active_count())")

    assert count.split() == ["1"]


@pytest.mark.parametrize("is_on", [True, False])
def test_import_leaves_the_garbage_collector_as_it_was(is_on: bool) -> None:
    """What an import sets for its own time is set back."""
    told = run_python("-c", "import gc; gc.set_threshold(701, 11, 12)\n"
                            f"{'gc.enable' if is_on else 'gc.disable'}()\n"
                            "import tapegrad; print(*gc.get_threshold(), gc.isenabled())")

    assert told.split() == ["701", "11", "12", str(is_on)]


def test_every_public_name_exists(tapegrad) -> None:
    """``__all__`` promises nothing that is missing."""
    missing = [name for name in tapegrad.__all__ if not hasattr(tapegrad, name)]

    assert missing == []


def test_python_files_of_a_wheel(tmp_path: Path) -> None:
    """A build holds modules, stubs, layouts and the typing marker, but no sources of ours in C."""
    run_python("setup.py", "-q", "build_py", "--build-lib", str(tmp_path), cwd=ROOT)
    built = {path.relative_to(tmp_path).as_posix()
             for path in tmp_path.rglob("*") if path.is_file()}
    expected = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*")
                if path.suffix in {".py", ".pyi", ".pxd"}
                or path.name in {"py.typed", "imagenet_classes.txt", "signatures.txt"}}

    assert built == expected
    assert "tapegrad/py.typed" in built
