"""What the tests that go through all dtypes beside PyTorch share."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from support import outcome

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
# By the dtype of a result: how far its numbers may be apart.
TOLERANCES = {"float16": 4e-3, "float32": 1e-6, "float64": 1e-12}


def dtype(torch: ModuleType, name: str | None) -> Any:
    """Give the dtype of a name, and None for none."""
    return None if name is None else getattr(torch, name)


def ended(call: Callable[..., Any], *args: Any) -> Any:
    """Give dtypes and numbers of what a call returns, or the class and the text of what it raises.

    What goes by names of the module is PyTorch's in both libraries.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = outcome(call, *args)
    if isinstance(found, str):
        return found
    pairs = found if isinstance(found, list) else [found]
    return [(name.split(".")[-1], numbers) for name, numbers in pairs]


def is_alike(ours: Any, theirs: Any) -> bool:
    """Whether two calls ended alike; a text of ours may go on where PyTorch's ends."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return isinstance(ours, str) and isinstance(theirs, str) \
            and ours.startswith(theirs.rstrip())
    return len(ours) == len(theirs) and all(
        mine[0] == other[0] and mine[1].shape == other[1].shape and np.allclose(
            mine[1], other[1], rtol=TOLERANCES.get(mine[0], 0), atol=1e-6, equal_nan=True)
        for mine, other in zip(ours, theirs, strict=True))
