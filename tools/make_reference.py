"""Write docs/reference/: a page a namespace, every public name with its signature and docstring.

``python tools/make_reference.py`` writes the pages, ``--check`` says which are not current.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"

NAMESPACES = {
    "tapegrad": "Tensors, and functions of tensors.",
    "tapegrad.Tensor": "Methods and attributes of tensors.",
    "tapegrad.linalg": "Linear algebra.",
    "tapegrad.special": "Special functions.",
    "tapegrad.fft": "Frequencies of Fourier transforms, and their order.",
    "tapegrad.autograd": "Gradients: sweeps, modes, custom functions, checks.",
    "tapegrad.autograd.functional": "Jacobians, Hessians and products with them.",
    "tapegrad.autograd.graph": "Nodes, and hooks on what the tape saves.",
    "tapegrad.functional": "Functions that PyTorch has in Python.",
    "tapegrad.func": "Transforms of functions.",
    "tapegrad.nn": "Modules.",
    "tapegrad.nn.functional": "What modules compute, as functions.",
    "tapegrad.nn.grad": "Gradients of convolutions, from that of the output.",
    "tapegrad.nn.init": "First values of parameters.",
    "tapegrad.nn.utils": "Gradients, parameters and norms of modules.",
    "tapegrad.nn.utils.parametrizations": "Weights that stay orthogonal or normalised.",
    "tapegrad.nn.utils.parametrize": "Tensors computed from others when they are read.",
    "tapegrad.nn.utils.prune": "Parameters set to zero and kept so.",
    "tapegrad.distributions": "Probability distributions.",
    "tapegrad.distributions.constraints": "Regions that parameters and samples lie in.",
    "tapegrad.optim": "Optimizers.",
    "tapegrad.optim.lr_scheduler": "Schedules of learning rates.",
    "tapegrad.optim.swa_utils": "Averages of parameters.",
    "tapegrad.finetune": "Freezing and adapting pretrained networks.",
    "tapegrad.random": "Random numbers.",
    "tapegrad.serialization": "Saving and loading.",
    "tapegrad.storage": "The memory under tensors.",
    "tapegrad.training": "The training loop, and its pieces.",
    "tapegrad.utils.data": "Datasets, samplers and loaders.",
    "tapegrad.utils.checkpoint": "Recomputation instead of storage.",
    "tapegrad.types": "Names of types for annotations.",
    "tapegrad.utils.dlpack": "Exchange with other libraries.",
    "tapegrad.utils.safetensors": "Files in the safetensors format.",
    "tapegrad.amp": "Mixed precision: the names, and loss scaling.",
    "tapegrad.accelerator": "Accelerators: there are none.",
    "tapegrad.cuda": "GPUs: there are none.",
    "tapegrad.jit": "Compilation: models and functions come back as they are.",
    "tapegrad.profiler": "Times of marked stretches.",
    "tapegrad.signal.windows": "Windows of signals.",
    "tapegrad.testing": "Whether values are close, and random ones.",
    "tapegrad.hub": "Weights from the net.",
    "tapegrad.text": "Sentences as vectors, texts as tokens.",
    "tapegrad.text.models": "Encoders of text with published weights.",
    "tapegrad.vision.datasets": "Sets of pictures.",
    "tapegrad.vision.io": "Files of pictures.",
    "tapegrad.vision.models": "Networks for pictures.",
    "tapegrad.vision.ops": "What these are built from.",
    "tapegrad.vision.transforms": "What is done to a picture before training.",
    "tapegrad.vision.transforms.functional": "The same as functions.",
    "tapegrad.vision.utils": "Grids of pictures, and pictures as files.",
}
# What a default prints as depends on where Python is, and on where in memory an object lies.
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
MODULE = re.compile(r"<module '([\w.]+)' from '[^']*'>")


def main() -> int:
    """Write the pages, or compare them with what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    is_check = parser.parse_args().check
    wanted = dict(pages())
    stale = [name for name, text in wanted.items() if read(name) != text]
    stale += [path.name for path in PAGES.glob("*.md") if path.name not in wanted]
    if is_check:
        print("\n".join(f"docs/reference/{name} is not current: run `make docs`" for name in stale))
        return bool(stale)
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in PAGES.glob("*.md"):
        path.unlink()
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


def read(name: str) -> str | None:
    """A page as it stands."""
    path = PAGES / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def pages() -> Iterator[tuple[str, str]]:
    """The name and the text of each page; the first lists the others."""
    rows = ["# Reference", "", "Every public name, made from the docstrings by `make docs`.", ""]
    for namespace, summary in NAMESPACES.items():
        place = resolved(namespace)
        if place is None:
            continue
        names = public_names(place)
        file = f"{namespace}.md"
        rows.append(f"* [{namespace}]({file}): {summary} {len(names)} names.")
        yield file, page(namespace, summary, place, names)
    yield "README.md", "\n".join(rows) + "\n"


def resolved(path: str) -> Any:
    """The module or class at a dotted path; None if there is none."""
    place: Any = importlib.import_module("tapegrad")
    for name in path.split(".")[1:]:
        place = getattr(place, name, None)
    return place


def public_names(place: Any) -> list[str]:
    """What a namespace offers, without modules and what the interpreter adds."""
    names = getattr(place, "__all__", None) if isinstance(place, types.ModuleType) else None
    names = [name for name in names or dir(place) if not name.startswith("_")]
    return sorted(name for name in set(names) if is_described(place, getattr(place, name)))


def is_described(place: Any, value: Any) -> bool:
    """Whether a value belongs on the page: no module, nothing that was imported from elsewhere."""
    if isinstance(value, types.ModuleType):
        return False
    if not isinstance(place, types.ModuleType) or hasattr(place, "__all__"):
        return True
    return str(getattr(value, "__module__", "")).partition(".")[0] in ("tapegrad", "torch")


def page(namespace: str, summary: str, place: Any, names: list[str]) -> str:
    """One page: a heading, then each name with signature and docstring."""
    parts = [f"# {namespace}", "", summary, ""]
    known: dict[int, str] = {}
    for name in names:
        parts += entry(name, getattr(place, name), known)
    return "\n".join(parts).rstrip("\n") + "\n"


def entry(name: str, value: Any, known: dict[int, str]) -> list[str]:
    """The lines about one name; another name of the same function refers to the first."""
    if not callable(value) and not isinstance(value, (property, types.GetSetDescriptorType)):
        kind = doc_of(value) if inspect.isdatadescriptor(value) else ""
        return [f"### {name}", "", kind or f"`{shown(value)}`", ""]
    first = known.setdefault(id(value), name)
    if first != name:
        return [f"### {name}", "", f"Another name of `{first}`.", ""]
    return [f"### {name}", "", f"`{name}{signature(value)}`", "", doc_of(value), ""]


def shown(value: Any) -> str:
    """A constant, without what changes from run to run."""
    return ADDRESS.sub("", repr(value))


def signature(value: Callable) -> str:
    """The parameters of a function, a class or an operation."""
    operation = getattr(value, "op", value)
    if isinstance(getattr(operation, "params", None), tuple):
        return of_operation(operation)
    try:
        found = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    found = MODULE.sub(r"\1", ADDRESS.sub("", found))
    found = re.sub(r"(: |-> )'([^']*)'", r"\1\2", found)
    return re.sub(r"tapegrad\.(_tensor(\.\w+)?|_types)\.", "", found)


def of_operation(operation: Any) -> str:
    """The parameters of an operation that is declared, not written."""
    names, defaults = operation.params, operation.defaults
    first = len(names) - len(defaults)
    given = [
        name if k < first else f"{name}={defaults[k - first]!r}" for k, name in enumerate(names)
    ]
    return f"({', '.join(given)}) -> Tensor"


def doc_of(value: Any) -> str:
    """The docstring, less the line with the signature that the compiler puts first."""
    text = inspect.getdoc(value) or ""
    lines = text.split("\n")
    if re.match(r"[\w.]+\(.*\)( -> .*)?$", lines[0]):
        lines = lines[1:]
    text = re.sub(r":\w+:`", "`", "\n".join(lines).strip())
    return text.replace("``", "`")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
