"""Functions of the interpreter, called for each element: slow, and for what nothing else can do."""

from __future__ import annotations

from collections.abc import Callable

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
    numbers = [call(*row) for row in zip(*columns, strict=True)]
    values = np.array(numbers, target.dtype.numpy).reshape(target.shape)
    return target.copy_(Tensor._wrap(kernels.contiguous(values)))


__all__ = ["apply_", "map2_", "map_"]
