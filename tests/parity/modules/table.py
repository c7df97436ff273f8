"""The entries of PyTorch's own table of modules, and their samples."""

from __future__ import annotations

import random
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

with catch_warnings():
    simplefilter("ignore")
    from torch.testing._internal import common_modules

DTYPES = ("float64", "float32")


def entries() -> dict[str, Any]:
    """Give every entry that is compared, by its name."""
    return {entry.name: entry for entry in common_modules.module_db}


def dtypes_of(entry: Any) -> list[str]:
    """Give the dtypes in which an entry is compared."""
    return [name for name in DTYPES if getattr(torch, name) in entry.dtypes]


def samples(entry: Any, dtype: str, training: bool) -> list[Any]:
    """Make an entry's arguments and inputs; the same ones at each run."""
    return _made(entry, entry.module_inputs_func, dtype, training)


def error_samples(entry: Any, dtype: str, training: bool) -> list[Any]:
    """Make the arguments and inputs that an entry says are refused."""
    make = entry.module_error_inputs_func
    return [] if make is None else _made(entry, make, dtype, training)


def raises_when_made(sample: Any) -> bool:
    """Whether an error sample is refused before there is a module."""
    return sample.error_on is common_modules.ModuleErrorEnum.CONSTRUCTION_ERROR


def has_second(entry: Any, sample: Any) -> bool:
    """Whether PyTorch has second derivatives here.

    With ``options`` its linear cross-entropy keeps gradients as constants, and the table skips it.
    """
    is_constant = sample.constructor_input.kwargs.get("options") is not None
    return entry.supports_gradgrad and not is_constant


def _made(entry: Any, make: Any, dtype: str, training: bool) -> list[Any]:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    return list(make(entry, device="cpu", dtype=getattr(torch, dtype), requires_grad=True,
                     training=training))
