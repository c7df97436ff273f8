"""How a module stores what is assigned to it."""

from __future__ import annotations

from collections import OrderedDict
from copy import deepcopy
from inspect import isfunction
from typing import TYPE_CHECKING, Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import _global_hooks
from tapegrad.nn._registry import (
    REGISTRY_NAMES,
    AttributeView,
    Storage,
    drop_raw,
    replace_all,
    set_raw,
    storage_of,
)
from tapegrad.nn.parameter import Buffer, Parameter

_BUFFERS = _global_hooks._global_buffer_registration_hooks
_MODULES = _global_hooks._global_module_registration_hooks
_PARAMETERS = _global_hooks._global_parameter_registration_hooks


def _check_name(kind: str, name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {tapegrad.typename(name)}")


def _check_spelling(kind: str, name: str) -> None:
    if "." in name:
        detail = f", got: {name}" if kind == "module" else ""
        raise KeyError(f'{kind} name can\'t contain "."{detail}')
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')


class Attributes(Storage):
    """Registration by assignment, by method and by writing to the registries.

    There is no ``__getattr__``: ordinary lookup finds everything, and up to Python 3.11 a class
    that has one makes the interpreter read all attributes the slow way. It comes with the first
    subclass that defines its own, since that one will call ``super().__getattr__``, or whose
    methods name it.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if _has_getattr(cls):
            # Typed as a method above, so that checkers allow what registration adds.
            Attributes.__getattr__ = _registered  # type: ignore[method-assign]

    @property
    def __dict__(self) -> Any:
        """The attributes in PyTorch's layout; see ``_registry``."""
        return AttributeView(self)

    @__dict__.setter
    def __dict__(self, attributes: Any) -> None:
        replace_all(self, attributes.items())

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the state but not trained; one not ``persistent`` is not
        saved.
        """
        if "_buffers" not in storage_of(self):
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        _check_name("buffer", name)
        _check_spelling("buffer", name)
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{tapegrad.typename(tensor)}' object to buffer '{name}' (torch "
                "Tensor or None required)"
            )
        tensor = _global_hooks.replaced(_BUFFERS, self, name, tensor)
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or a name without one."""
        if "_parameters" not in storage_of(self):
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        _check_name("parameter", name)
        _check_spelling("parameter", name)
        if hasattr(self, name) and name not in self._parameters:
            raise KeyError(f"attribute '{name}' already exists")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{tapegrad.typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        param = _global_hooks.replaced(_PARAMETERS, self, name, param)
        self._parameters[name] = param

    def add_module(self, name: str, module: Any) -> None:
        """Add a sub-module, or a name without one."""
        if not isinstance(module, Attributes) and module is not None:
            raise TypeError(f"{tapegrad.typename(module)} is not a Module subclass")
        _check_name("module", name)
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        _check_spelling("module", name)
        self._modules[name] = _global_hooks.replaced(_MODULES, self, name, module)

    def register_module(self, name: str, module: Any) -> None:
        """Another name of ``add_module``."""
        self.add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = storage_of(self)
        if isinstance(value, Parameter):
            self._assign_parameter(name, value)
        elif name in attributes.get("_parameters", ()):
            _check_none("parameter", name, value, "torch.nn.Parameter")
            self.register_parameter(name, value)
        elif isinstance(value, Attributes):
            self._assign_module(name, value)
        elif name in attributes.get("_modules", ()):
            _check_none("child module", name, value, "torch.nn.Module")
            attributes["_modules"][name] = _global_hooks.replaced(_MODULES, self, name, value)
        elif isinstance(value, Buffer) or name in attributes.get("_buffers", ()):
            self._assign_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        attributes = storage_of(self)
        for registry in REGISTRY_NAMES:
            if name in attributes.get(registry, ()):
                del attributes[registry][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def _set_registry(self, name: str, value: Any) -> None:
        set_raw(self, name, value)

    def _drop_registry(self, name: str) -> None:
        drop_raw(self, name)

    def _assign_parameter(self, name: str, value: Parameter) -> None:
        if "_parameters" not in storage_of(self):
            raise AttributeError("cannot assign parameters before Module.__init__() call")
        self._forget(name, keep="_parameters")
        self.register_parameter(name, value)

    def _assign_module(self, name: str, value: Any) -> None:
        if "_modules" not in storage_of(self):
            raise AttributeError("cannot assign module before Module.__init__() call")
        self._forget(name, keep="_modules")
        self._modules[name] = _global_hooks.replaced(_MODULES, self, name, value)

    def _assign_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{tapegrad.typename(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        if isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        else:
            self._buffers[name] = _global_hooks.replaced(_BUFFERS, self, name, value)

    def _forget(self, name: str, keep: str) -> None:
        """Drop every other meaning that ``name`` has, before it gets a new one."""
        attributes = storage_of(self)
        for registry in REGISTRY_NAMES:
            if registry != keep:
                attributes[registry].pop(name, None)
        if name not in attributes[keep]:
            attributes.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __dir__(self) -> list[str]:
        names = {
            *dir(type(self)),
            *self.__dict__,
            *self._parameters,
            *self._modules,
            *self._buffers,
        }
        return sorted(name for name in names if not name[:1].isdigit())

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The oldest protocols would ask the compiled base for a state.
        return super().__reduce_ex__(max(protocol, 2))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """As ``copy.deepcopy`` does, but for the empty registries, which it would take apart."""
        reduced = self.__reduce_ex__(4)
        if isinstance(reduced, str):
            return self
        make, args, state, items, entries = (*reduced, None, None, None)[:5]
        made = memo[id(self)] = make(*[deepcopy(one, memo) for one in args])
        if state is not None:
            is_plain = type(state) is dict
            made.__setstate__(_each_copied(state, memo) if is_plain else deepcopy(state, memo))
        for one in items or ():
            made.append(deepcopy(one, memo))
        for key, value in entries or ():
            made[deepcopy(key, memo)] = deepcopy(value, memo)
        return made

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)


def _each_copied(state: dict[str, Any], memo: dict[int, Any]) -> dict[str, Any]:
    return {
        name: memo.setdefault(id(value), OrderedDict())
        if type(value) is OrderedDict and not value
        else deepcopy(value, memo)
        for name, value in state.items()
    }


def _has_getattr(cls: type) -> bool:
    """Whether a class has its own ``__getattr__``, or a method that names it."""
    if any("__getattr__" in base.__dict__ for base in cls.__mro__):
        return True
    functions = filter(isfunction, cls.__dict__.values())
    return any("__getattr__" in one.__code__.co_names for one in functions)


def _registered(module: Attributes, name: str) -> Any:
    """``Module.__getattr__``: what is registered, which ordinary lookup finds unless called so."""
    attributes = storage_of(module)
    for kind in REGISTRY_NAMES:
        if name in attributes.get(kind, ()):
            return attributes[kind][name]
    raise AttributeError(f"'{type(module).__name__}' object has no attribute '{name}'")


def _check_none(kind: str, name: str, value: Any, expected: str) -> None:
    if value is not None:
        raise TypeError(
            f"cannot assign '{tapegrad.typename(value)}' as {kind} '{name}' ({expected} or None "
            "expected)"
        )
