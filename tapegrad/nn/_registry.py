"""Where a module keeps its parameters, buffers and sub-modules, and what its ``__dict__`` shows.

A tensor or sub-module is stored twice: in its registry, which is what PyTorch has, and in the
instance's real ``__dict__``, where attribute lookup finds it at the price of any other attribute. A
registry mirrors every write into the modules that hold it, so programs may write to
``module._parameters`` as they do in PyTorch. ``module.__dict__`` and ``vars(module)`` show
PyTorch's layout: the registries, without the mirrored entries.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from tapegrad.nn._call import DirectCall

REGISTRY_NAMES = ("_parameters", "_buffers", "_modules")
_MISSING = object()


class _CallSignature:
    """What ``inspect.signature(module)`` reads: ``(*args, **kwargs)``, as of PyTorch's modules.

    It cannot find that in a compiled ``__call__``. Of classes it goes on to read ``__init__``.
    """

    def __get__(self, module: Any, owner: type) -> inspect.Signature:
        if module is None:
            raise AttributeError("__signature__")
        kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
        return inspect.Signature(list(map(inspect.Parameter, ("args", "kwargs"), kinds)))


class Storage(DirectCall):
    """The base that owns a module's real ``__dict__``, which the subclasses cover with a view."""

    __signature__ = _CallSignature()


storage_of = Storage.__dict__["__dict__"].__get__


class Registry(dict):
    """A dict whose entries are also plain attributes of the modules that hold it.

    The modules are held weakly: a module must be freed by its last reference, without a cycle to
    collect.
    """

    __slots__ = ("_owners",)

    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        self._owners: tuple[weakref.ref, ...] = ()

    def attach(self, module: Any) -> None:
        """Mirror all entries, now and later, into ``module``."""
        alive = [owner for owner in self._owners if owner() is not None]
        self._owners = (*alive, weakref.ref(module))
        for name, value in self.items():
            _mirror(module, name, _MISSING, value)

    def detach(self, module: Any) -> None:
        """Forget ``module`` and take back what was mirrored into it."""
        self._owners = tuple(owner for owner in self._owners if owner() not in (None, module))
        for name, value in self.items():
            _unmirror(module, name, value)

    def __setitem__(self, name: str, value: Any) -> None:
        old = self.get(name, _MISSING)
        super().__setitem__(name, value)
        for owner in self._owners:
            if (module := owner()) is not None:
                _mirror(module, name, old, value)

    def __delitem__(self, name: str) -> None:
        old = self[name]
        super().__delitem__(name)
        for owner in self._owners:
            if (module := owner()) is not None:
                _unmirror(module, name, old)

    def pop(self, name: str, *default: Any) -> Any:
        if name not in self:
            return super().pop(name, *default)
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        if not self:
            return super().popitem()
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other: Any) -> Registry:  # type: ignore[misc]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple:
        """Pickle as a plain dict, entry by entry so that a module may be its own descendant."""
        return dict, (), None, None, iter(self.items())


def _mirror(module: Any, name: str, old: Any, value: Any) -> None:
    attributes = storage_of(module)
    if attributes.get(name, old) is old and not hasattr(type(module), name):
        attributes[name] = value


def _unmirror(module: Any, name: str, value: Any) -> None:
    attributes = storage_of(module)
    if attributes.get(name, _MISSING) is value:
        del attributes[name]


def set_raw(module: Any, name: str, value: Any) -> None:
    """Write one entry of a module's ``__dict__``."""
    set_all_raw(module, {name: value})


def set_all_raw(module: Any, entries: dict[str, Any]) -> None:
    """Write entries of a module's ``__dict__``; a dict under a registry's name becomes a registry.
    """
    attributes = storage_of(module)
    for name in REGISTRY_NAMES:
        if name in entries:
            if isinstance(old := attributes.get(name), Registry):
                old.detach(module)
            value = entries[name]
            if not isinstance(value, Registry):
                value = entries[name] = Registry(value)
            value.attach(module)
    attributes.update(entries)


def drop_raw(module: Any, name: str) -> None:
    """Remove one entry of a module's ``__dict__``, if it is there."""
    old = storage_of(module).pop(name, None)
    if isinstance(old, Registry):
        old.detach(module)


class AttributeView(MutableMapping):
    """A module's ``__dict__`` as PyTorch lays it out: live, writable, without the mirrored
    entries.
    """

    __slots__ = ("_module",)

    def __init__(self, module: Any) -> None:
        self._module = module

    def _shown(self) -> dict[str, Any]:
        """All entries but the mirrored ones."""
        shown = dict(storage_of(self._module))
        for registry in REGISTRY_NAMES:
            for name, value in shown.get(registry, {}).items():
                if shown.get(name, _MISSING) is value:
                    del shown[name]
        return shown

    def _is_mirrored(self, name: Any) -> bool:
        attributes = storage_of(self._module)
        value = attributes[name]
        return any(
            attributes.get(registry, {}).get(name, _MISSING) is value for registry in REGISTRY_NAMES
        )

    def __getitem__(self, name: str) -> Any:
        value = storage_of(self._module)[name]
        if self._is_mirrored(name):
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        set_raw(self._module, name, value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        set_all_raw(self._module, dict(*args, **kwargs))

    def __delitem__(self, name: str) -> None:
        if self._is_mirrored(name):
            raise KeyError(name)
        drop_raw(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown())

    def __len__(self) -> int:
        return len(self._shown())

    def copy(self) -> dict[str, Any]:
        """A plain dict of the entries."""
        return self._shown()

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Any) -> dict[str, Any]:
        return {**other, **self}

    def __ior__(self, other: Any) -> AttributeView:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr(self.copy())

    def __copy__(self) -> dict[str, Any]:
        return self.copy()

    def __reduce__(self) -> tuple:
        """Pickle and copy as a plain dict."""
        return dict, (), None, None, iter(self._shown().items())


def replace_all(module: Any, items: Iterable[tuple[str, Any]]) -> None:
    """Make ``items`` the whole of a module's ``__dict__``."""
    kept = dict(items)
    for name in REGISTRY_NAMES:
        drop_raw(module, name)
    storage_of(module).clear()
    set_all_raw(module, kept)
