"""Files of operations that are loaded with the first of their names that is asked for."""

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tapegrad
from tapegrad import _lazy

HOMES = sorted({home for home in {*_lazy.HOMES.values(), *_lazy.METHODS_OF} if "ops." in home})

# Each file is loaded in a fork of a process that has loaded none of them.
LOADED_ALONE = f"""
import json, os, sys
from importlib import import_module
import tapegrad
from tapegrad.ops._declare import _REGISTRY
from tapegrad.ops._later import _Later

def waiting():
    return {{name for name, value in vars(tapegrad.Tensor).items() if isinstance(value, _Later)}}

def found(home):
    names, before = set(vars(tapegrad.Tensor)), waiting()
    import_module("tapegrad." + home)
    named = {{formula for op in _REGISTRY.values() for formula in op.formulas
              if isinstance(formula, str)}}
    return {{"attached": sorted(before - waiting()), "waiting": sorted(waiting()),
             "unannounced": sorted(set(vars(tapegrad.Tensor)) - names),
             "unknown": sorted(named - _REGISTRY.keys())}}

eager = [home for home in {HOMES} if "tapegrad." + home in sys.modules]
reports = {{}}
for home in {HOMES}:
    reader, writer = os.pipe()
    if not os.fork():
        try:
            os.write(writer, json.dumps(found(home)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as report:
        reports[home] = json.load(report)
    os.wait()
print(json.dumps([eager, reports]))
"""


@pytest.fixture(scope="module")
def loading() -> tuple[list, dict]:
    """Which files are loaded with the package, and what loading each other one did."""
    answer = subprocess.run([sys.executable, "-c", LOADED_ALONE], capture_output=True, text=True,
                            check=True)  # fmt: skip
    eager, reports = json.loads(answer.stdout)
    return eager, reports


def test_none_is_loaded_with_the_package(loading):
    """`import tapegrad` waits for no file whose names are listed."""
    assert loading[0] == []


@pytest.mark.parametrize("home", HOMES)
def test_every_method_is_announced(loading, home):
    """A file attaches the methods that are listed for it, and none that Tensor did not name."""
    report = loading[1][home]

    assert report["unannounced"] == []
    assert set(_lazy.METHODS_OF.get(home, ())) <= set(report["attached"])


@pytest.mark.parametrize("home", HOMES)
def test_formulas_find_their_ops(loading, home):
    """A gradient formula names no op of a file that may not be loaded."""
    assert loading[1][home]["unknown"] == []


def test_every_function_is_listed():
    """What the files add to the package, by their ``__all__``, the package has."""
    source = Path(tapegrad.__file__).read_text()
    stars = [node.module for node in ast.walk(ast.parse(source))
             if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]  # fmt: skip
    missing = {module: set(import_module(module).__all__) - set(dir(tapegrad)) for module in stars}

    assert len(stars) > 90
    assert not any(missing.values()), missing
