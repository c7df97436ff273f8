"""Whether two results are the same: type, shape, dtype and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import tapegrad

# torch.testing.assert_close's. In float16 the precision in which a result is kept on its way is not
# the same, so that only its size is compared. Formulas of gradients may differ in their order:
# float64 holds them to the default, float32 to what a few more roundings leave.
DEFAULTS = {"float64": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "float16": (1e-2, 1e-2)}
OF_GRADIENTS = {"float64": (0.0, 0.0), "float32": (1e-4, 1e-4), "float16": (1e-2, 1e-2)}


class Differs(Exception):
    """Two results differ; the text says how."""


def same(ours: Any, theirs: Any, tolerance: tuple[float, float], where: str = "result") -> None:
    """Raise :class:`Differs` unless a result of ours is PyTorch's."""
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, tapegrad.Tensor):
            raise Differs(f"{where}: {type(ours).__name__} instead of a tensor")
        if theirs.requires_grad != ours.requires_grad:
            raise Differs(f"{where}: requires_grad is {ours.requires_grad}")
        same_dtype(ours, theirs, where)
        same_values(array(ours), array(theirs), tolerance, where)
    elif isinstance(theirs, (tuple, list)):
        if not isinstance(ours, tuple if isinstance(theirs, tuple) else list):
            raise Differs(f"{where}: {type(ours).__name__} instead of {type(theirs).__name__}")
        if len(ours) != len(theirs):
            raise Differs(f"{where}: {len(ours)} parts instead of {len(theirs)}")
        names = [name for name in dir(theirs) if not hasattr(tuple, name)]
        if not isinstance(theirs, torch.Size) and isinstance(theirs, tuple) and any(
                not hasattr(ours, name) for name in names if not name.startswith(("_", "n_"))):
            raise Differs(f"{where}: {type(ours).__name__} does not name {names}")
        for k, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            same(mine, other, tolerance, f"{where}[{k}]")
    elif isinstance(theirs, torch.dtype):
        if str(ours).removeprefix("tapegrad.") != str(theirs).removeprefix("torch."):
            raise Differs(f"{where}: {ours} instead of {theirs}")
    elif isinstance(theirs, np.ndarray):
        if not isinstance(ours, np.ndarray) or ours.dtype != theirs.dtype:
            raise Differs(f"{where}: {type(ours).__name__} instead of an array of {theirs.dtype}")
        same_values(ours, theirs, tolerance, where)
    elif isinstance(theirs, float):
        if not isinstance(ours, float):
            raise Differs(f"{where}: {type(ours).__name__} instead of float")
        same_values(np.asarray(ours), np.asarray(theirs), tolerance, where)
    elif type(ours) is not type(theirs) or ours != theirs:
        raise Differs(f"{where}: {ours!r} instead of {theirs!r}")


def same_dtype(ours: Any, theirs: Any, where: str) -> None:
    """Raise unless two tensors have one dtype."""
    mine, other = str(ours.dtype).split(".")[-1], str(theirs.dtype).split(".")[-1]
    if mine != other:
        raise Differs(f"{where}: dtype {mine} instead of {other}")


def same_values(ours: np.ndarray, theirs: np.ndarray, tolerance: tuple[float, float],
                where: str) -> None:
    """Raise unless two arrays have one shape and, within a tolerance, one content."""
    if ours.shape != theirs.shape:
        raise Differs(f"{where}: shape {list(ours.shape)} instead of {list(theirs.shape)}")
    if np.array_equal(ours, theirs):
        return
    with np.errstate(all="ignore"):
        if ours.dtype.kind != "f" or theirs.dtype.kind != "f":
            apart = ours != theirs
        else:
            rtol, atol = map(max, tolerance, DEFAULTS[theirs.dtype.name])
            ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
            apart = ~np.isclose(ours, theirs, rtol, atol, equal_nan=True)
    if apart.any():
        at = tuple(int(k) for k in np.argwhere(apart)[0])
        raise Differs(f"{where}: {ours[at]!r} instead of {theirs[at]!r} at {at}, "
                      f"{np.count_nonzero(apart)} of {apart.size} differ")


def array(value: Any) -> np.ndarray:
    """Give the numbers of a tensor of either library."""
    if isinstance(value, torch.Tensor):
        return value.detach().numpy(force=True)     # some gradients are zeros without memory
    return value.detach().numpy()


def tensors(value: Any) -> Iterator[Any]:
    """Give every tensor in nested arguments or results, of either library."""
    if isinstance(value, (torch.Tensor, tapegrad.Tensor)):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors(item)


def same_refusal(ours: BaseException, theirs: BaseException) -> bool:
    """Whether an exception of ours has the class of PyTorch's."""
    name = type(theirs).__name__.lstrip("_")
    return any(kind.__name__.lstrip("_") == name for kind in type(ours).__mro__)
