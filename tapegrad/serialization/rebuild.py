"""What files call to make tensors: PyTorch's ``torch._utils._rebuild_*``, on our storages.

A file may hand these any arguments; each is checked, and none leads out of the storage's memory.
"""

from __future__ import annotations

from collections import OrderedDict
from pickle import UnpicklingError
from typing import Any

import tapegrad
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.nn.parameter import Parameter
from tapegrad.ops.create.from_data import pickled_state
from tapegrad.ops.storage import over_storage
from tapegrad.storage import TypedStorage


def _rebuild_tensor(storage: Any, storage_offset: int, size: Any, stride: Any) -> Tensor:
    """A tensor of the storage's dtype over part of it."""
    return _over(storage, storage.dtype, storage_offset, size, stride)


def _rebuild_tensor_v2(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    metadata: dict | None = None,
) -> Tensor:
    """A tensor over part of a storage, as all files since PyTorch 0.4 describe it."""
    tensor = _rebuild_tensor(storage, storage_offset, size, stride)
    return _finished(tensor, requires_grad, metadata)


def _rebuild_tensor_v3(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    dtype: _types.dtype,
    metadata: dict | None = None,
) -> Tensor:
    """A tensor over part of an untyped storage: how files describe the newer dtypes."""
    return _finished(_over(storage, dtype, storage_offset, size, stride), requires_grad, metadata)


def _over(storage: Any, dtype: Any, offset: int, size: Any, stride: Any) -> Tensor:
    if not isinstance(storage, TypedStorage) or not isinstance(dtype, _types.dtype):
        raise TypeError(f"a tensor lies over a storage, not over a {type(storage).__name__}")
    return over_storage(storage.untyped(), dtype, offset, tuple(size), tuple(stride))


def _finished(tensor: Tensor, requires_grad: bool, metadata: dict | None) -> Tensor:
    # PyTorch marks conjugates and negatives; of real numbers only the latter say something.
    if metadata and metadata.get("neg"):
        tensor = tapegrad.neg(tensor)
    return tensor.requires_grad_(bool(requires_grad))


def _rebuild_from_type_v2(function: Any, kind: type, arguments: tuple, state: Any) -> Tensor:
    """A tensor of a subclass, or with attributes of its own."""
    made = function(*arguments)
    if not isinstance(made, Tensor) or not issubclass(kind, Tensor):
        raise TypeError(f"{kind} is no class of tensors")
    if kind not in (Tensor, type(made)):
        made = Tensor._make_subclass(kind, made.detach(), made.requires_grad)
    if hasattr(kind, "__setstate__"):
        made.__setstate__(state)
    else:
        set_state(made, state)
    return made


def set_state(value: Any, state: Any) -> None:
    """Give an object its attributes back: a dict, or a pair of one and the values of slots."""
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    if attributes:
        value.__dict__.update(attributes)
    for name, one in (slots or {}).items():
        if name.startswith("__"):
            raise UnpicklingError(f"an attribute named {name} is not set")
        setattr(value, name, one)


def set_parameter_state(parameter: Parameter, state: tuple) -> None:
    """The states that parameters had in PyTorch's files, from the oldest to today's."""
    if len(state) == 4:
        parameter.set_(*state)
        return
    if len(state) == 5:
        if not isinstance(state[0], Tensor):
            raise TypeError(f"a parameter's data is a tensor, not {type(state[0])}")
        parameter.data = state[0]
        state = (state[3], state[4], state[2])
    requires_grad, _, _ = state
    parameter.requires_grad_(bool(requires_grad))


def _get_layout(name: str) -> _types.layout:
    """The layout of that name: there is one."""
    return {"torch.strided": _types.strided}[name]


def describe_tensor(tensor: Tensor) -> tuple:
    """A plain tensor as the call that makes it anew: a function and its arguments."""
    storage = TypedStorage(
        wrap_storage=tensor.untyped_storage(), dtype=tensor.dtype, _internal=True
    )
    arguments: tuple = (
        storage, tensor.storage_offset(), tuple(tensor.shape), tensor.stride(),
        tensor.requires_grad, OrderedDict(),
    )  # fmt: skip
    state = pickled_state(tensor)
    if type(tensor) is Tensor and not state:
        return _rebuild_tensor_v2, arguments
    return _rebuild_from_type_v2, (_rebuild_tensor_v2, type(tensor), arguments, state or {})
