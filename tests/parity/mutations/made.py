"""The changes: what stands in for an argument of a working call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch

from ..dtypes import DTYPES


class Change(NamedTuple):
    """A sample with one argument changed."""

    where: str      # "arg1", "dim=" or what else is changed
    how: str
    sample: Any


def changes(sample: Any) -> Iterator[Change]:
    """Give the sample as it is, and then with each change of each argument."""
    args, kwargs = [sample.input, *sample.args], sample.kwargs

    def made(where: str, how: str, args: list[Any], kwargs: dict[str, Any]) -> Change:
        return Change(where, how, SimpleNamespace(
            input=args[0], args=tuple(args[1:]), kwargs=dict(kwargs),
            output_process_fn_grad=sample.output_process_fn_grad))

    yield made("nothing", "changed", args, kwargs)
    for k, value in enumerate(args):
        for how, other in others(value).items():
            yield made(f"arg{k}", how, [*args[:k], other, *args[k + 1:]], kwargs)
    for key, value in kwargs.items():
        for how, other in others(value).items():
            yield made(f"{key}=", how, args, {**kwargs, key: other})
        yield made(f"{key}=", "left out", args, {k: v for k, v in kwargs.items() if k != key})
    for k in range(1, len(args)):
        yield made(f"arg{k}", "and later ones left out", args[:k], kwargs)
    yield made("one more", "1", [*args, 1], kwargs)
    yield made("one more", "unknown=1", args, {**kwargs, "unknown": 1})


def others(value: Any) -> dict[str, Any]:
    """Give what stands in for a value, by its name."""
    for kinds, make in _BY_KIND:
        if isinstance(value, kinds):
            return make(value)
    return {}


def _of_bool(value: bool) -> dict[str, Any]:
    return {"1": 1, "0": 0, "None": None, "np.bool_": np.bool_(value), "1.0": 1.0, "'a'": "a",
            "bool tensor": torch.tensor(value), "not": not value}


def _of_int(value: int) -> dict[str, Any]:
    return {
        "float": float(value), "plus a half": value + 0.5, "True": True, "complex": 1j,
        "0": 0, "100": 100, "negative": -value - 1, "2**63": 2**63,
        "np.int64": np.int64(value), "np.uint8": np.uint8(abs(value) % 256),
        "np.float32": np.float32(value), "0-d array": np.array(value),
        "tensor": torch.tensor(value), "1-d tensor": torch.tensor([value]),
        "float tensor": torch.tensor(float(value)), "bool tensor": torch.tensor(True),
        "None": None, "'a'": "a", "[value]": [value], "(value,)": (value,), "[]": [],
    }


def _of_float(value: float) -> dict[str, Any]:
    whole = int(value) if math.isfinite(value) else 1
    return {
        "int": whole, "True": True, "complex": 1j, "nan": math.nan, "-inf": -math.inf,
        "negative": -value, "2**63": 2**63, "2**70": 2**70,
        "np.float32": np.float32(value), "np.float64": np.float64(value),
        "np.int64": np.int64(whole), "tensor": torch.tensor(value),
        "1-d tensor": torch.tensor([value]), "None": None, "'a'": "a", "[value]": [value],
    }


def _of_text(value: str) -> dict[str, Any]:
    return {"1": 1, "None": None, "bytes": value.encode(), "'bogus'": "bogus", "True": True,
            "upper case": value.upper()}


def _of_dtype(value: torch.dtype) -> dict[str, Any]:
    return {**{name: getattr(torch, name) for name in DTYPES}, "3": 3, "float": float, "int": int,
            "bool type": bool, "text": "float32", "np.float32": np.float32, "None": None}


def _of_tensor(value: torch.Tensor) -> dict[str, Any]:
    plain = value.detach()
    return {
        **{name: plain.to(getattr(torch, name)) for name in DTYPES
           if value.dtype is not getattr(torch, name)},
        "1": 1, "1.5": 1.5, "True": True, "None": None, "'a'": "a",
        "list": plain.tolist() if value.numel() < 9 else [1], "[x]": [plain.clone()],
        "array": plain.numpy().copy(), "np.float32": np.float32(1),
        "0-d": torch.tensor(1.0, dtype=torch.float64), "0-d int": torch.tensor(1),
        "one dimension more": plain.unsqueeze(0), "empty": plain.new_empty(0),
        **({"first": plain[0]} if value.dim() and len(value) else {}),
    }


def _of_sequence(value: Any) -> dict[str, Any]:
    kind = list if isinstance(value, list) else tuple      # a Size becomes a tuple
    if len(value) and isinstance(value[0], torch.Tensor):
        return _of_tensors(value, kind)
    return _of_items(value, kind)


def _of_tensors(value: Any, kind: Callable) -> dict[str, Any]:
    first, last = value[0].detach(), value[-1].detach()
    return {
        "none": kind(), "one": first.clone(), "None": None, "other kind": _other(kind)(value),
        **_ends(value, kind, {"1": 1, "None": None}),
        "[int32, ...]": kind([first.int(), *value[1:]]),
        "[float64, ...]": kind([first.double(), *value[1:]]),
        "[..., float64]": kind([*value[:-1], last.double()]),
        "[..., int64]": kind([*value[:-1], last.long()]),
    }


def _of_items(value: Any, kind: Callable) -> dict[str, Any]:
    made = {
        "()": (), "[]": [], "None": None, "'a'": "a", "2.5": 2.5, "True": True,
        "other kind": _other(kind)(value), "one": value[0] if len(value) else 1,
        "one more": kind([*value, 1]), "one less": kind(value[:-1]),
    }
    if all(isinstance(item, (int, float)) for item in value):
        made["array"] = np.array(value)
    if len(value) and all(type(item) is int for item in value):
        made |= {"Size": torch.Size(value), "tensor": torch.tensor(value)}
    if len(value):
        made |= _ends(value, kind, {
            "2.0": 2.0, "True": True, "None": None, "'a'": "a", "-7": -7, "2**63": 2**63,
            "np.int32": np.int32(1), "tensor": torch.tensor(1), "float tensor": torch.tensor(1.0)})
    return made


def _ends(value: Any, kind: Callable, items: dict[str, Any]) -> dict[str, Any]:
    """Put each item in the first place, and in the last."""
    return {**{f"[{how}, ...]": kind([item, *value[1:]]) for how, item in items.items()},
            **{f"[..., {how}]": kind([*value[:-1], item]) for how, item in items.items()}}


def _other(kind: Callable) -> Callable:
    return list if kind is tuple else tuple


def _of_none(value: None) -> dict[str, Any]:
    return {"1": 1, "1.5": 1.5, "True": True, "'a'": "a", "[]": [], "(1,)": (1,)}


_BY_KIND = (        # the first that fits: a bool is an int too
    (bool, _of_bool), (int, _of_int), (float, _of_float), (str, _of_text),
    (torch.dtype, _of_dtype), (torch.Tensor, _of_tensor), ((tuple, list), _of_sequence),
    (type(None), _of_none),
)
