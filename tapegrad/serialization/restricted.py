"""The unpickler of ``load(weights_only=True)``: it runs nothing that the file tells it to.

Names are looked up in a table, never imported; a call goes to the function that stands beside the
name; keys are looked at before they are hashed. Whatever a file says, the result is tensors,
containers and plain values, or an UnpicklingError.
"""

from __future__ import annotations

import pickle as ops
from collections import OrderedDict
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn.parameter import Parameter
from tapegrad.serialization.allowed import allowed_calls, allowed_globals, refuse_missing
from tapegrad.serialization.elements import as_text
from tapegrad.serialization.machine import STEPS, Machine, Steps
from tapegrad.serialization.names import current_name
from tapegrad.serialization.rebuild import set_parameter_state, set_state
from tapegrad.serialization.safe_globals import marked_names

_BLOCKED_MODULES = ("sys", "os", "posix", "nt")


class Unpickler(Machine):
    """Builds tensors, containers and what the user marked as safe."""

    persistent_load: Callable[[Any], Any]

    def __init__(self, file: Any, *, encoding: str = "bytes") -> None:
        super().__init__(file, encoding=encoding)
        self._marked = marked_names()
        self._marked_ids = {id(value) for value in self._marked.values()}

    def _global(self) -> None:
        module, name = self._source.readline(), self._source.readline()
        module, name = current_name(module, name)
        path = f"{module}.{name}"
        if module in _BLOCKED_MODULES:
            raise UnpicklingError(
                f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked."
            )
        known = allowed_globals().get(path)
        if known is not None:
            self._stack.append(known.value)
        elif path in self._marked:
            self._stack.append(self._marked[path])
        else:
            refuse_missing(path)
            path = path.removeprefix("builtins.")
            raise UnpicklingError(
                f"Unsupported global: GLOBAL {path} was not an allowed global by default. "
                f"Please use `torch.serialization.add_safe_globals([{path}])` or the "
                f"`torch.serialization.safe_globals([{path}])` context manager to allowlist this "
                "global if you trust this class/function."
            )

    def _reduce(self) -> None:
        arguments = self._stack.pop()
        function = self._stack[-1]
        call = allowed_calls().get(id(function))
        if call is None and id(function) in self._marked_ids:
            call = function
        if call is None:
            message = f"Trying to call reduce for unrecognized function {function}"
            if hasattr(function, "__self__"):
                message += f" which belongs to {function.__self__}"
            raise UnpicklingError(message)
        self._stack[-1] = call(*arguments)

    def _new_object(self) -> None:
        arguments = self._stack.pop()
        cls = self._stack.pop()
        call = allowed_calls().get(id(cls))
        if call is not None:
            self._stack.append(call(*arguments))
        elif id(cls) in self._marked_ids:
            self._stack.append(cls.__new__(cls, *arguments))
        else:
            raise UnpicklingError(
                "Can only create new object for nn.Parameter or classes allowlisted via "
                f"`add_safe_globals` but got {cls}"
            )

    def _build(self) -> None:
        state = self._stack.pop()
        value = self._stack[-1]
        if type(value) is Tensor:
            value.set_(*state)
        elif type(value) is Parameter:
            set_parameter_state(value, state)
        elif type(value) is OrderedDict:
            value.__dict__.update(state)
        elif id(type(value)) in self._marked_ids:
            if hasattr(value, "__setstate__"):
                value.__setstate__(state)
            else:
                set_state(value, state)
        else:
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via "
                f"`add_safe_globals`, but got {type(value)}"
            )

    def _persistent(self) -> None:
        saved_id = self._stack.pop()
        if type(saved_id) is not tuple and type(saved_id) is not int:
            raise UnpicklingError(
                f"persistent_load id must be tuple or int, but got {type(saved_id)}"
            )
        if type(saved_id) is tuple and saved_id and as_text(saved_id[0]) != "storage":
            raise UnpicklingError(
                f"Only persistent_load of storage is allowed, but got {type(saved_id[0])}"
            )
        self._stack.append(self.persistent_load(saved_id))

    steps: Steps = {
        **STEPS,
        ops.GLOBAL[0]: _global,
        ops.REDUCE[0]: _reduce,
        ops.NEWOBJ[0]: _new_object,
        ops.BUILD[0]: _build,
        ops.BINPERSID[0]: _persistent,
    }
