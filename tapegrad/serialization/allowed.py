"""What ``load(weights_only=True)`` lets a file name, and what happens when it calls that."""

from __future__ import annotations

from _codecs import encode
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import cache
from pickle import UnpicklingError
from typing import Any, NamedTuple

import tapegrad
from tapegrad import _types
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad.nn.parameter import (
    Parameter,
    _rebuild_parameter,
    _rebuild_parameter_with_state,
)
from tapegrad.serialization import rebuild
from tapegrad.serialization.elements import MISSING_DTYPES, StorageType
from tapegrad.serialization.keys import check_key
from tapegrad.storage import ELEMENT_NAMES


class Allowed(NamedTuple):
    """What a name in a file means, and what a call of it does: None where it is not called."""

    value: Any
    call: Callable[..., Any] | None = None


class TensorType:
    """``torch.FloatTensor`` and the like, of which the oldest files make tensors."""

    def __init__(self, dtype: _types.dtype) -> None:
        self.dtype = dtype

    def __call__(self) -> Tensor:
        """No elements, of that dtype."""
        return tapegrad.empty(0, dtype=self.dtype)


@cache
def allowed_globals() -> dict[str, Allowed]:
    """Everything allowed by default, by its name in a file."""
    table = {
        "collections.OrderedDict": Allowed(OrderedDict, _ordered_dict),
        "collections.Counter": Allowed(Counter, _counter),
        "torch.nn.parameter.Parameter": Allowed(Parameter, _parameter),
        "torch.serialization._get_layout": Allowed(rebuild._get_layout, rebuild._get_layout),
        "torch.Size": Allowed(_types.Size, _size),
        "torch.Tensor": Allowed(Tensor, lambda: tapegrad.empty(0)),
        "torch.device": Allowed(_types.device, _types.device),
        "_codecs.encode": Allowed(encode, _encoded),
        "builtins.bytearray": Allowed(bytearray, _bytearray),
        "builtins.set": Allowed(set, _set),
        "builtins.complex": Allowed(complex, complex),
        "torch._tensor._rebuild_from_type_v2": Allowed(
            rebuild._rebuild_from_type_v2, _rebuild_from_type
        ),
    }
    for dtype in _types.ALL_DTYPES:
        table[f"torch.{dtype.name}"] = Allowed(dtype)
        for library in ("torch", "torch.cuda"):
            kind = TensorType(dtype)
            table[f"{library}.{TYPE_NAMES[dtype.numpy.num]}Tensor"] = Allowed(kind, kind)
    for name in (*ELEMENT_NAMES, "Untyped"):
        for library in ("torch", "torch.cuda", "torch.storage"):
            table[f"{library}.{name}Storage"] = Allowed(StorageType(f"{name}Storage"))
    for function in _TENSOR_BUILDERS:
        table[f"torch._utils.{function.__name__}"] = Allowed(function, function)
    return table


@cache
def allowed_calls() -> dict[int, Callable[..., Any]]:
    """What a call of an allowed object does, by the object's identity."""
    return {id(one.value): one.call for one in allowed_globals().values() if one.call}


def refuse_missing(name: str) -> None:
    """Raise for a dtype that PyTorch has and tapegrad has not."""
    if name.startswith("torch.") and name.removeprefix("torch.") in MISSING_DTYPES:
        raise RuntimeError(f"the file names {name}, a dtype that tapegrad does not have")


def _ordered_dict(items: Any = ()) -> OrderedDict:
    pairs = items.items() if isinstance(items, dict) else items
    return OrderedDict((check_key(key), value) for key, value in pairs)


def _counter(items: Any = ()) -> Counter:
    if isinstance(items, dict):
        return Counter(items)
    return Counter(check_key(key) for key in items)


def _set(items: Any = ()) -> set:
    return {check_key(key) for key in items}


def _size(sizes: Any = ()) -> _types.Size:
    if not all(type(n) is int for n in sizes):
        raise TypeError("torch.Size() takes an iterable of 'int'")
    return _types.Size(sizes)


def _bytearray(data: Any = b"", encoding: str = "latin1") -> bytearray:
    if isinstance(data, str):
        return bytearray(_encoded(data, encoding))
    if not isinstance(data, (bytes, bytearray)):
        raise TypeError(f"a bytearray of bytes was expected, not of {type(data)}")
    return bytearray(data)


def _encoded(text: str, encoding: str = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "ascii", "utf-8", "utf8"):
        raise TypeError(f"text in latin1, ascii or utf-8 was expected, not {encoding!r}")
    return text.encode(encoding)


def _parameter(data: Any = None, requires_grad: bool = True) -> Parameter:
    if not isinstance(data, (Tensor, type(None))):
        raise TypeError(f"a parameter's data is a tensor, not {type(data)}")
    return Parameter(data, bool(requires_grad))


def _rebuild_from_type(function: Any, kind: Any, arguments: tuple, state: Any) -> Tensor:
    if not any(function is builder for builder in _TENSOR_BUILDERS):
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
    return rebuild._rebuild_from_type_v2(function, kind, arguments, state)


_TENSOR_BUILDERS: tuple[Callable[..., Tensor], ...] = (
    _rebuild_parameter,
    _rebuild_parameter_with_state,
    rebuild._rebuild_tensor,
    rebuild._rebuild_tensor_v2,
    rebuild._rebuild_tensor_v3,
)
