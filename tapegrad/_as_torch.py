"""Serve tapegrad under the names ``torch`` and ``torchvision``, for programs that import those."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from tapegrad.version import TorchVersion, __version__

SERVED = {"torch": "tapegrad", "torchvision": "tapegrad.vision"}
WHERE_TO_READ = "docs/programs.md and docs/reference of tapegrad say what there is"


class Torch(ModuleType):
    """What ``import torch`` gives: tapegrad's names, and the version of PyTorch they follow."""

    __version__ = TorchVersion(__version__)

    def __getattr__(self, name: str) -> Any:
        try:
            value = getattr(_module_for("torch"), name)
        except AttributeError:
            raise AttributeError(
                f"module 'torch' has no attribute '{name}': tapegrad stands in for torch here; "
                f"{WHERE_TO_READ}"
            ) from None
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return dir(_module_for("torch"))


class _Finder(MetaPathFinder, Loader):
    """Answers for ``torch``, ``torchvision`` and all below them, before anything else can."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if is_served(fullname):
            _module_for(fullname)
            return ModuleSpec(fullname, self, is_package=True)
        if fullname.startswith("tapegrad.") and PathFinder.find_spec(fullname, path) is None:
            raise _missing(fullname)  # `from torch.nn import Missing` gets here
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """A module for ``torch`` alone; any other is replaced by tapegrad's own."""
        return Torch("torch", _module_for("torch").__doc__) if spec.name == "torch" else None

    def exec_module(self, module: ModuleType) -> None:
        """Put tapegrad's module where ``import`` takes its result from."""
        name = module.__name__
        if isinstance(module, Torch):
            module.__file__ = _module_for("torch").__file__
        else:
            sys.modules[name] = _module_for(name)
        _register_loaded(name)


def _register_loaded(name: str) -> None:
    """Let modules below one that are loaded count as imported: what is imported is set as an
    attribute of its parent, where a function of the same name may be (``autograd.gradcheck``)."""
    library, _, rest = name.partition(".")
    path = f"{SERVED[library]}.{rest}".rstrip(".")
    for loaded, module in list(sys.modules.items()):
        parent, _, child = loaded.rpartition(".")
        if parent == path and getattr(sys.modules[path], child, module) is not module:
            sys.modules.setdefault(f"{name}.{child}", module)


def is_served(name: str) -> bool:
    """Whether a module's name is ``torch``, ``torchvision`` or below one of them."""
    return name.partition(".")[0] in SERVED


def _module_for(name: str) -> ModuleType:
    """The module of tapegrad that stands for one of PyTorch."""
    library, _, rest = name.partition(".")
    path = f"{SERVED[library]}.{rest}".rstrip(".")
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        if error.name and not path.startswith(error.name):
            raise  # something else is missing: that is the news
    parent, _, child = path.rpartition(".")
    found = getattr(sys.modules.get(parent), child, None)
    if isinstance(found, ModuleType):
        return found
    raise _missing(name)


def _missing(name: str) -> ModuleNotFoundError:
    """What is raised for a name that is nowhere.

    It has no attribute ``name``: the import statement would then hide the text behind its own.
    """
    return ModuleNotFoundError(
        f"No module named '{name}', nor a name: tapegrad stands in for torch here; {WHERE_TO_READ}"
    )


class as_torch:
    """Let ``import torch`` and ``import torchvision`` mean tapegrad, in the whole process.

    It takes effect when called. ``undo()`` ends it, and so does leaving a ``with`` block; what was
    imported in between stays usable. Calls nest: the outermost ``undo()`` counts.
    ``python -m tapegrad`` does the same for a whole program.

    Raises RuntimeError if PyTorch itself has been imported already.
    """

    _finder = _Finder()
    _users = 0

    def __init__(self) -> None:
        _refuse_real_torch()
        self._is_undone = False
        as_torch._users += 1
        if self._finder not in sys.meta_path:
            sys.meta_path.insert(0, self._finder)

    def undo(self) -> None:
        """Give the names back; a second call does nothing."""
        if self._is_undone:
            return
        self._is_undone = True
        as_torch._users -= 1
        if not as_torch._users:
            sys.meta_path.remove(self._finder)
            for name in list(filter(is_served, sys.modules)):
                del sys.modules[name]

    def __enter__(self) -> as_torch:
        return self

    def __exit__(self, *exception: object) -> None:
        self.undo()


def _refuse_real_torch() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and not isinstance(torch, Torch):
        raise RuntimeError(
            f"PyTorch itself is imported already, from {torch.__file__}: as_torch() must be called "
            "before the first `import torch`"
        )


__all__ = ["as_torch"]
