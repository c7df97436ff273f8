"""Methods of Tensor whose files are loaded when a program first asks for one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tapegrad._lazy import METHODS_OF
from tapegrad._tensor import Tensor, attach_method


class _Later:
    """Stands for a method until the file that attaches it is loaded."""

    __slots__ = ("home", "name")

    def __init__(self, home: str, name: str) -> None:
        self.home, self.name = f"tapegrad.{home}", name

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        import_module(self.home)
        return getattr(owner if tensor is None else tensor, self.name)


for _home, _names in METHODS_OF.items():
    for _name in _names:
        attach_method(_name, _Later(_home, _name))
