"""Functions of the interpreter, called for each element: slow, and for what nothing else can do."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method
from tapegrad.ops.tensor_types import type_name


@method()
def apply_(self: Tensor, callable: Callable, /) -> Tensor:
    """Replace each element ``x`` by ``callable(x)``, in place.

    Raises RuntimeError if the tensor requires grad, as the calls leave no trace.
    """
    return _mapped("apply_", self, (), callable)


@method()
def map_(self: Tensor, other: Tensor, callable: Callable) -> Tensor:
    """Replace each element ``x`` by ``callable(x, y)`` with that of ``other``, in place."""
    return _mapped("map_", self, (other,), callable)


@method()
def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable) -> Tensor:
    """Replace each element by ``callable`` of it and of two other tensors', in place."""
    return _mapped("map2_", self, (x, y), callable)


def _mapped(name: str, target: Tensor, others: tuple, call: Callable) -> Tensor:
    if any(one.requires_grad for one in (target, *others)):
        raise RuntimeError(
            f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() "
            "instead."
        )
    for one, label in zip(others, ("other",) if len(others) == 1 else ("x", "y"), strict=False):
        if one.dtype is not target.dtype:
            raise TypeError(
                f"{name}: expected torch.{type_name(target)}Tensor for '{label}' (got "
                f"torch.{type_name(one)}Tensor)"
            )
    columns = [one.expand(target.shape).flatten().tolist() for one in (target, *others)]
    numbers = [_stored(call(*row), target) for row in zip(*columns, strict=True)]
    values = np.array(numbers, target.dtype.numpy).reshape(target.shape)
    # Of these writes PyTorch keeps no count, nor does it refuse any.
    Tensor._wrap(target._array).copy_(Tensor._wrap(kernels.contiguous(values)))
    return target


def _stored(value: Any, target: Tensor) -> Any:
    """What a callable returned, as an element of the target. Raises TypeError for no number."""
    if target.is_floating_point():
        number = math.ldexp(value, 0)  # refuses what is no real number in the interpreter's words
    else:
        number = int(value) if isinstance(value, float) else operator.index(value)
    return kernels.element(number, target._array.dtype.num)


__all__ = ["apply_", "map2_", "map_"]
