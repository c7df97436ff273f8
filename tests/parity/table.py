"""The entries of PyTorch's own table of operations, and their samples."""

from __future__ import annotations

import random
import unittest
from collections.abc import Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

from .dtypes import DTYPES, FLOATS
from .left_out import LEFT_OUT

torch.set_num_threads(1)

# With some targets these write outside of their memory, in PyTorch.
OUT_CRASHES_PYTORCH = ("linalg_lu", "lu_unpack", "tril", "triu")
# These may write elsewhere where the target is not contiguous, in PyTorch: they take its memory for
# packed, or resize a vector that fits. A sample counts unless PyTorch contradicts itself there.
STRIDED_OUT_IS_LOST = ("nn_functional_avg_pool3d", "nn_functional_gelu", "nn_functional_linear")

with catch_warnings():
    simplefilter("ignore")
    from torch.testing._internal import common_device_type, common_methods_invocations

def entries() -> dict[str, Any]:
    """Give every entry that is compared, by its full name."""
    found = {entry.formatted_name: entry for entry in common_methods_invocations.op_db}
    unknown = set(LEFT_OUT) - set(found)
    if unknown:
        raise LookupError(f"left out, but not in PyTorch's table: {sorted(unknown)}")
    return {name: entry for name, entry in sorted(found.items()) if name not in LEFT_OUT}


def dtypes_of(entry: Any) -> list[str]:
    """Give the dtypes in which an entry is compared."""
    return [name for name in DTYPES if getattr(torch, name) in entry.dtypes]


def samples(entry: Any, dtype: str) -> list[Any]:
    """Make an entry's reference inputs; the same ones at each run."""
    wanted = dtype in FLOATS and entry.supports_autograd
    try:
        made = list(_seeded(entry, dtype, wanted))
    except ValueError:  # some entries cannot make samples of integers that require gradients
        made = [_ask_for_gradients(sample) for sample in _seeded(entry, dtype, False)]
    if entry.name.startswith("__"):     # a tensor's operator is never called with a number first
        return [sample for sample in made if isinstance(sample.input, torch.Tensor)]
    return made


def error_samples(entry: Any) -> list[Any]:
    """Make the inputs that an entry says are refused."""
    _seed()
    if entry.error_inputs_func is None:
        return []
    return list(entry.error_inputs("cpu"))


def tolerance(entry: Any, dtype: str) -> tuple[float, float]:
    """Give an entry's own relative and absolute tolerance, where it is wider than the default."""
    rtol, atol = 0.0, 0.0
    for info in entry.decorators:
        for decorator in getattr(info, "decorators", ()):
            if isinstance(decorator, common_device_type.toleranceOverride) \
                    and info.active_if and info.device_type in (None, "cpu") \
                    and info.cls_name in _TEST_CLASSES \
                    and getattr(torch, dtype) in decorator.d:
                own = decorator.d[getattr(torch, dtype)]
                rtol, atol = max(rtol, own.rtol), max(atol, own.atol)
    return rtol, atol


def doubts_second(entry: Any) -> bool:
    """Whether the table itself expects the check of PyTorch's second derivatives to fail."""
    return any(getattr(info, "test_name", None) == "test_fn_gradgrad" and info.active_if
               and info.device_type in (None, "cpu")
               and (info.dtypes is None or torch.float64 in info.dtypes)
               and unittest.expectedFailure in info.decorators for info in entry.decorators)


_TEST_CLASSES = {None, "TestCommon", "TestUnaryUfuncs", "TestBinaryUfuncs", "TestReductions",
                 "TestOpInfo", "TestMathBits", "TestDecomp", "TestBwdGradients"}


def _seed() -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)


def _seeded(entry: Any, dtype: str, requires_grad: bool) -> Iterator[Any]:
    _seed()
    return entry.reference_inputs("cpu", getattr(torch, dtype), requires_grad=requires_grad)


def _ask_for_gradients(sample: Any) -> Any:
    for value in (sample.input, *sample.args, *sample.kwargs.values()):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            value.requires_grad_()
    return sample
