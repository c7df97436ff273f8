"""Imports go one way; lazy ones inside functions count as well."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "tapegrad"
SOURCES = sorted(path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".pyx", ".pxd"})

# Each part may import those above it. Parts on one line may not import each other.
ORDER = (
    ("_size", "_values",),
    ("_types", "utils._atomic", "utils._pytree", "version", "_absent", "_import_pace", "_lazy",
     "_mapping", "futures"),
    ("_limits", "_streams", "compiler", "distributed", "mps", "multiprocessing", "onnx", "profiler",
     "torch_version"),
    ("_dynamo", "_inductor"),
    ("_kernels",),
    ("_tape", "_threads"),
    ("_tensor",),
    ("_core",),
    ("_sweep",),
    ("_checks", "_print", "storage", "utils.hooks"),
    ("ops",),
    ("_settings", "accelerator", "autograd", "backends", "cpu", "fft", "linalg", "overrides",
     "random", "functional", "return_types", "signal", "special", "types", "xpu"),
    ("_C", "amp", "nn", "optim", "testing", "utils.data"),
    ("cuda", "distributions", "func", "jit", "optim.swa_utils", "utils.safetensors"),
    ("serialization", "utils"),
    ("finetune", "hub"),
    ("text", "training", "utils.model_zoo", "vision"),
    ("_as_torch",),
    ("__init__",),
    ("_stand_in", "cli"),
    ("__main__",),
)
RANKS = {part: rank for rank, parts in enumerate(ORDER) for part in parts}

CYTHON_IMPORT = re.compile(
    r"^\s*(?:from\s+(?P<module>[\w.]+)\s+c?import\s+(?P<names>\([^)]*\)|[^\n#]+)"
    r"|c?import\s+(?P<modules>[^\n#(]+))", re.MULTILINE)
WHOLE_IMPORT = re.compile(r"\btapegrad\b(?!\.)")
WHOLE = "tapegrad.__init__"
LONG_STRING = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)


def syntax_tree(source: str, is_cython: bool) -> ast.Module:
    """Parse Python; of Cython, whose grammar is larger, only the import statements."""
    if not is_cython:
        return ast.parse(source)
    return ast.parse("\n".join(cython_imports(LONG_STRING.sub("''", source))))


def cython_imports(source: str) -> Iterator[str]:
    """Give the import and cimport statements as Python ones."""
    for match in CYTHON_IMPORT.finditer(source):
        if match["module"]:
            yield f"from {match['module']} import {match['names']}"
        else:
            yield "import " + WHOLE_IMPORT.sub(WHOLE, match["modules"])


def imported_names(tree: ast.Module, package: str) -> Iterator[str]:
    """Give the full names that a module imports, or reads from what ``import tapegrad`` gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (WHOLE if name.name == "tapegrad" and name.asname else name.name
                        for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            yield from (f"{start}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from [f"tapegrad.{node.attr}"] if node.value.id == "tapegrad" else []


def part_of(name: str) -> str | None:
    """Give the part of tapegrad that a full name belongs to; None for what is nobody's.

    A public function such as ``tapegrad.zeros`` counts as ``ops``: none comes from further down.
    """
    library, _, rest = name.partition(".")
    if library != "tapegrad" or not rest:
        return None
    part = part_at(rest.split("."))
    is_module = part in RANKS or (PACKAGE / part).is_dir() or any(PACKAGE.glob(f"{part}.p*"))
    return part if is_module else "ops"


def part_at(names: Sequence[str]) -> str:
    """Give the part at a path below tapegrad; some modules of packages have places of their own."""
    nested = ".".join(names[:2])
    return nested if nested in RANKS else names[0]


def wrong_edges(part: str, tree: ast.Module, package: str) -> list[str]:
    """Name what ``part`` may not import."""
    targets = {name: part_of(name) for name in imported_names(tree, package)}
    return [name for name, target in targets.items()
            if target not in (None, part) and RANKS[target] >= RANKS[part]]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    """No module imports a part that stands beside or below its own in ORDER."""
    location = path.relative_to(PACKAGE)
    part = part_at([*location.parts[:-1], location.stem])
    package = ".".join(["tapegrad", *location.parts[:-1]])
    tree = syntax_tree(path.read_text(encoding="utf-8"), path.suffix != ".py")

    assert part in RANKS, f"give {part} its place in ORDER"
    assert wrong_edges(part, tree, package) == []


@pytest.mark.parametrize(("part", "package", "source", "is_cython"), [
    ("_core", "tapegrad", "def f():\n    from tapegrad.ops import arithmetic", False),
    ("_core", "tapegrad", "cdef f():\n    from .ops import (\n        add, mul)", True),
    ("_kernels", "tapegrad", "from tapegrad._tape cimport Entry", True),
    ("_kernels", "tapegrad", "cimport tapegrad._tape", True),
    ("optim", "tapegrad.optim", "from tapegrad import nn", False),
    ("optim", "tapegrad.optim", "from ..nn.parameter import Parameter", False),
    ("optim", "tapegrad.optim", "import tapegrad\n\ndef f():\n    tapegrad.nn.Linear(1, 1)", False),
    ("_core", "tapegrad", "import tapegrad\n\ndef f():\n    tapegrad.zeros(1)", False),
    ("_core", "tapegrad", "cdef f():\n    import tapegrad", True),
    ("nn", "tapegrad.nn", "import tapegrad as torch", False),
    ("nn", "tapegrad.nn", "from tapegrad.utils.data import DataLoader", False),
])
def test_wrong_directions_are_found(
    part: str, package: str, source: str, is_cython: bool
) -> None:
    """The reader of imports sees every spelling."""
    assert len(wrong_edges(part, syntax_tree(source, is_cython), package)) >= 1


@pytest.mark.parametrize(("part", "package", "source", "is_cython"), [
    ("_core", "tapegrad", '"""Say::\n\n    import tapegrad\n"""\nfrom ._tape cimport Edge', True),
    ("optim", "tapegrad.optim", "from . import optimizer\nfrom ..autograd import grad", False),
    ("nn", "tapegrad.nn", "import numpy as np\nfrom tapegrad._core import Tensor", False),
    ("nn", "tapegrad.nn", "import tapegrad\n\ndef f():\n    tapegrad.zeros(1)", False),
    ("nn", "tapegrad.nn", "from tapegrad.utils.hooks import RemovableHandle", False),
])
def test_right_directions_pass(part: str, package: str, source: str, is_cython: bool) -> None:
    """Docstrings, other libraries, the own part and lower parts are no fault."""
    assert wrong_edges(part, syntax_tree(source, is_cython), package) == []
