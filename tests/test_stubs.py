"""The stubs of the compiled modules say what these modules hold, and nothing else."""

import __future__

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "tapegrad"
# In the order in which they import each other: what a module has from one before is not its own.
COMPILED = (
    "_kernels.geometry", "_kernels.memory", "_kernels.kernel", "_kernels.iteration",
    "_kernels.arrays", "_kernels.lines", "_kernels.lapack", "_kernels.classes", "_kernels.pieces",
    "_kernels.products",
    "_kernels.recurrent", "_kernels.lstm_step",
    "_tape", "_tensor.modes", "_tensor.nodes", "_tensor.tensor",
    "_core.promotion", "_core.op", "_core.public", "_core.saved",
    "_core.recording", "_core.forward", "_core.inplace", "_core.function", "_core.pieces",
    "_sweep.gradients", "_sweep.hooks", "_sweep.leaves", "_sweep.sweep", "nn._call",
    "optim._update",
)
# Attributes that objects get in ``__init__``.
SET_BY_INSTANCES = {"RemovableHandle": {"id"}}

pytestmark = pytest.mark.usefixtures("tapegrad")


def module_named(name: str) -> ModuleType:
    """Import a module of tapegrad."""
    return importlib.import_module(f"tapegrad.{name}")


def declared(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Give the statement that declares each name; of overloads the last, which is the widest."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def stub_of(module: str) -> dict[str, ast.stmt]:
    """Give what the stub beside a compiled module declares, without what it only annotates with."""
    body = ast.parse((PACKAGE / f"{module.replace('.', '/')}.pyi").read_text(encoding="utf-8")).body
    return {name: node for name, node in declared(body).items()
            if isinstance(node, ast.FunctionDef) or not name.startswith("_")}


def passed_on(module: str) -> set[str]:
    """Give the names that a stub imports as its own: ``from x import y as y``."""
    body = ast.parse((PACKAGE / f"{module.replace('.', '/')}.pyi").read_text(encoding="utf-8")).body
    return {name.name for node in body if isinstance(node, ast.ImportFrom)
            for name in node.names if name.asname == name.name}


def own_names(module: str) -> set[str]:
    """Give the public names that a module defines, not those that it imported."""
    before = [vars(module_named(name)) for name in ("_types", *COMPILED[:COMPILED.index(module)])]
    return {
        name for name, value in vars(module_named(module)).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
        and getattr(value, "__module__", None) in (f"tapegrad.{module}", None)
        and not any(other.get(name) is value for other in before)
    }


def members(module: str) -> Iterator[tuple[str, type, dict[str, ast.stmt]]]:
    """Give each public class of a module beside what its stub declares in it."""
    for name, node in stub_of(module).items():
        if isinstance(node, ast.ClassDef):
            yield name, getattr(module_named(module), name), declared(node.body)


def is_attribute(node: ast.stmt) -> bool:
    """Tell whether a stub declares a value that is read, not a function that is called."""
    return isinstance(node, ast.AnnAssign) or (isinstance(node, ast.FunctionDef) and any(
        isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list))


def stub_parameters(node: ast.FunctionDef) -> list[tuple]:
    """Describe the parameters of a function in a stub."""
    bare = ast.Module([ast.FunctionDef(node.name, node.args, node.body, [])], [])
    names: dict[str, Any] = {}
    code = compile(ast.fix_missing_locations(bare), "<stub>", "exec",
                   flags=__future__.annotations.compiler_flag)
    exec(code, names)
    return parameters(names[node.name])


def parameters(function: Any) -> list[tuple]:
    """Describe parameters: name, kind, whether a default is there."""
    operation = getattr(function, "op", function)
    if hasattr(operation, "grad_name"):
        first_optional = len(operation.params) - len(operation.defaults)
        return [(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, k >= first_optional)
                for k, name in enumerate(operation.params)]
    return [(one.name, one.kind, one.default is not one.empty)
            for one in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("module", COMPILED)
def test_stub_has_what_the_module_defines(module: str) -> None:
    """A public function, class or constant of a module is in its stub."""
    assert own_names(module) - set(stub_of(module)) == set()


@pytest.mark.parametrize("module", COMPILED)
def test_module_has_what_the_stub_promises(module: str) -> None:
    """No stub declares or passes on a name that its module does not have."""
    promised = set(stub_of(module)) | passed_on(module)

    assert promised - set(vars(module_named(module))) == set()


@pytest.mark.parametrize("module", COMPILED)
def test_classes_have_the_same_members(module: str) -> None:
    """Public methods and attributes are in the stub, those of the stub in the class."""
    for name, kind, body in members(module):
        public = {member for member in vars(kind) if not member.startswith("_")}

        assert public - set(body) == set(), f"not in the stub of {name}"
        assert {member for member in body if not hasattr(kind, member)} \
            <= SET_BY_INSTANCES.get(name, set()), f"not in {name}"


@pytest.mark.parametrize("module", COMPILED)
def test_attributes_and_methods_are_not_confused(module: str) -> None:
    """What a stub lets one call can be called, and nothing else."""
    for name, kind, body in members(module):
        wrong = [member for member, node in body.items() if hasattr(kind, member)
                 and not member.startswith("_")
                 and callable(getattr(kind, member)) == is_attribute(node)]

        assert wrong == [], name


@pytest.mark.parametrize("module", COMPILED)
def test_functions_have_the_same_parameters(module: str) -> None:
    """Functions take in the module what their stub says: names, kinds, which may be left out."""
    for name, node in stub_of(module).items():
        if isinstance(node, ast.FunctionDef):
            assert parameters(vars(module_named(module))[name]) == stub_parameters(node), name


@pytest.mark.parametrize("module", COMPILED)
def test_methods_have_the_same_parameters(module: str) -> None:
    """So do public methods, ops among them; the first parameter, the tensor, has any name."""
    for name, kind, body in members(module):
        for member, node in body.items():
            if isinstance(node, ast.FunctionDef) and not member.startswith("_") \
                    and not is_attribute(node):
                first = 0 if isinstance(vars(kind)[member], staticmethod) else 1
                actual = parameters(getattr(kind, member))

                assert actual[first:] == stub_parameters(node)[first:], f"{name}.{member}"


def test_operators_are_declared() -> None:
    """Each operator that an expression of tensors can use is in the stub of Tensor."""
    _, kind, body = next(one for one in members("_tensor.tensor") if one[0] == "Tensor")
    operators = {name for name, value in vars(kind).items()
                 if name.startswith("__") and callable(value) and name not in vars(object)}
    # Slots that Cython fills beside those written: they raise or give NotImplemented.
    operators -= {"__delitem__", "__rlshift__", "__rrshift__"}

    assert operators - set(body) == set()
