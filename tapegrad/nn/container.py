"""Containers of modules."""

from __future__ import annotations

import operator
import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain
from typing import Any

from tapegrad.nn._call import InTurn
from tapegrad.nn._front import front
from tapegrad.nn._registry import Registry
from tapegrad.nn.module import Module


def _position(index: Any, length: int) -> int:
    """``index`` counted from the start, checked."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


def key_value_pairs(given: Any, owner: str, caller: str) -> Iterator[tuple[Any, Any]]:
    """The entries of a mapping, or of an iterable of pairs checked one by one."""
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{caller}.update should be called with an iterable of key/value pairs, "
            f"but got {type(given).__name__}"
        )
    if hasattr(given, "items"):
        yield from given.items()
        return
    for position, pair in enumerate(given):
        where = f"{owner} update sequence element #{position}"
        if not isinstance(pair, Iterable):
            raise TypeError(f"{where} should be Iterable; is{type(pair).__name__}")
        pair = tuple(pair)
        if len(pair) != 2:
            raise ValueError(f"{where} has length {len(pair)}; 2 is required")
        yield pair


class Container(Module):
    """Modules by the names of their arguments; a module of its own, as any subclass, does as well.

    Warns: PyTorch gives it up.
    """

    def __init__(self, **kwargs: Any) -> None:
        warnings.warn(
            "`nn.Container` is deprecated. All of its functionality is now implemented in "
            "`nn.Module`. Subclass that instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


class Sequential(Module):
    """Modules applied one after the other.

    Takes the modules as arguments, named by position, or one ``OrderedDict`` with their names.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            named: dict[str, Any] = args[0]
        else:
            named = {str(position): module for position, module in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, module)

    @front(InTurn, Registry)
    def forward(self, input: Any) -> Any:
        """Pass ``input`` through every module in turn."""
        out = input
        for module in self._modules.values():
            out = module(out)
        return out

    def _name_at(self, index: Any) -> str:
        return list(self._modules)[_position(index, len(self))]

    def _renumber(self, modules: Iterable[Module | None]) -> None:
        modules = list(modules)
        self._modules.clear()
        self._modules.update({str(position): module for position, module in enumerate(modules)})

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)[index] if isinstance(index, slice) else [self._name_at(index)]
        for name in names:
            delattr(self, name)
        self._renumber(self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __add__(self, other: Sequential) -> Sequential:
        _check_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Sequential:
        _check_sequential(other)
        return self.extend(list(other))

    def __mul__(self, times: int) -> Sequential:
        self._check_factor(times)
        return Sequential(*list(self) * times)

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        self._check_factor(times)
        return self.extend(list(self) * (times - 1))

    def _check_factor(self, times: Any) -> None:
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")

    def pop(self, key: int | slice) -> Any:
        """Remove and return what is at ``key``."""
        removed = self[key]
        del self[key]
        return removed

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Sequential:
        """Add a module before the one at ``index``."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def extend(self, sequential: Iterable[Module]) -> Sequential:
        """Add all modules of ``sequential`` at the end."""
        for module in sequential:
            self.append(module)
        return self


def _check_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )


class ModuleList(Module):
    """A list of modules, each registered under its position."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[str(_position(index, len(self)))]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, str(_position(index, len(self))), module)

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self)
        if isinstance(index, slice):
            del kept[index]
        else:
            del kept[_position(index, len(self))]
        self._modules.clear()
        self._modules.update({str(position): module for position, module in enumerate(kept)})

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return type(self)(chain(self, other))

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __repr__(self) -> str:
        """Equal neighbours are shown once, with their number."""
        lines = []
        for first, last, text in _runs([repr(module) for module in self]):
            shown = f"({first}): {text}"
            if last > first:
                shown = f"({first}-{last}): {last - first + 1} x {text}"
            lines.append("\n  " + shown.replace("\n", "\n  "))
        return f"{self._get_name()}(" + "".join(lines) + ("\n)" if lines else ")")

    def insert(self, index: int, module: Module) -> None:
        """Add a module before the one at ``index``, which counts from the start."""
        if index < 0:
            raise KeyError(str(index))
        for position in range(len(self), index, -1):
            self._modules[str(position)] = self._modules[str(position - 1)]
        self._modules[str(index)] = module

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Remove and return what is at ``key``."""
        removed = self[key]
        del self[key]
        return removed

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add all of ``modules`` at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                "ModuleList.extend should be called with an iterable, but got "
                + type(modules).__name__
            )
        for position, module in enumerate(modules, len(self)):
            self.add_module(str(position), module)
        return self


def _runs(texts: list[str]) -> Iterator[tuple[int, int, str]]:
    """First and last position of each run of equal texts."""
    first = 0
    for position, text in enumerate(texts):
        if position + 1 == len(texts) or texts[position + 1] != text:
            yield first, position, text
            first = position + 1


class ModuleDict(Module):
    """A dict of modules, each registered under its key; remembers the order of insertion."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Remove and return the module called ``key``."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """The names with their modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add or replace modules, from a mapping or from pairs."""
        for key, module in key_value_pairs(modules, "ModuleDict", "ModuleDict"):
            self[key] = module
