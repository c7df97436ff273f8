"""The base of every layer and model."""

from __future__ import annotations

from collections import OrderedDict
from types import FunctionType
from typing import Any, TypeVar

import tapegrad
from tapegrad._tensor import drop_gradients
from tapegrad.nn._conversion import Conversion
from tapegrad.nn._loading import _IncompatibleKeys
from tapegrad.nn._registry import set_all_raw, storage_of

__all__ = ["Module", "_IncompatibleKeys"]


def _fresh_attributes() -> dict[str, Any]:
    """What a new module's ``__dict__`` holds, in PyTorch's order."""
    return {
        "training": True,
        "_parameters": {},
        "_buffers": {},
        "_non_persistent_buffers_set": set(),
        "_backward_pre_hooks": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
        "_forward_hooks": OrderedDict(),
        "_forward_hooks_with_kwargs": OrderedDict(),
        "_forward_hooks_always_called": OrderedDict(),
        "_forward_pre_hooks": OrderedDict(),
        "_forward_pre_hooks_with_kwargs": OrderedDict(),
        "_state_dict_hooks": OrderedDict(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
        "_modules": {},
    }


class Module(Conversion):
    """A layer or model: parameters, buffers and sub-modules, and a ``forward`` that uses them.

    Assigning a ``Parameter``, ``Buffer`` or ``Module`` to an attribute registers it.
    """

    dump_patches = False
    call_super_init = False
    T_destination = TypeVar("T_destination", bound=dict[str, Any])
    _compiled_call_impl = None
    training: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs and not self.call_super_init:
            name = next(iter(kwargs))
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'"
            )
        if args and not self.call_super_init:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} "
                "were given"
            )
        set_all_raw(self, _fresh_attributes())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input: Any) -> Any:
        """Compute the output; every subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def train(self, mode: bool = True) -> Module:
        """Set training mode here and below."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Set evaluation mode here and below."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Freeze or unfreeze all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        if set_to_none:
            drop_gradients(self.parameters())
            return
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad.detach_().zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """What :func:`tapegrad.compile` does with these arguments: the module stays as it is."""
        tapegrad.compile(self, *args, **kwargs)

    def _replicate_for_data_parallel(self) -> Module:
        """A copy without parameters, whose buffers and sub-modules are this one's."""
        replica = self.__new__(type(self))
        replica.__dict__ = {
            **self.__dict__,
            "_parameters": {},
            "_buffers": dict(self._buffers),
            "_modules": dict(self._modules),
            "_is_replica": True,
        }
        return replica

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr, before the sub-modules."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        if not children and len(lines) < 2:
            return f"{self._get_name()}({extra})"
        return (
            f"{self._get_name()}(" + "".join(f"\n  {line}" for line in [*lines, *children]) + "\n)"
        )

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        held = storage_of(self)
        fresh = {name: value for name, value in _fresh_attributes().items() if name not in held}
        set_all_raw(self, fresh)


def _name_methods() -> None:
    """Let messages of Python call every method ``Module.``, whichever base it comes from."""
    for base in Module.__mro__:
        for function in vars(base).values():
            if isinstance(function, FunctionType) and base.__module__.startswith("tapegrad."):
                function.__qualname__ = f"Module.{function.__name__}"


_name_methods()
