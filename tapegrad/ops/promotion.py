"""The dtype that operands of different dtypes meet in."""

from __future__ import annotations

import numpy as np

from tapegrad import _types
from tapegrad._core import promoted_number, result_type_number
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors


def _check_dtypes(function: str, **arguments: object) -> None:
    for position, (name, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, _types.dtype):
            kind = type(value).__name__
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be torch.dtype, not "
                f"{kind}"
            )


@takes_tensors
def promote_types(type1: _types.dtype, type2: _types.dtype) -> _types.dtype:
    """The smallest dtype that holds what both hold; integers never widen floating-point ones."""
    _check_dtypes("promote_types", type1=type1, type2=type2)
    return _types.BY_NUMPY_NUMBER[promoted_number(type1.numpy.num, type2.numpy.num)]


# Bools, integers, floating-point numbers: a value may be cast within its category and upwards.
_CATEGORIES = {"b": 0, "i": 1, "u": 1, "f": 2}


@takes_tensors
def can_cast(from_: _types.dtype, to: _types.dtype) -> bool:
    """Whether in-place arithmetic may put results of one dtype into a tensor of the other."""
    _check_dtypes("can_cast", from_=from_, to=to)
    return _CATEGORIES[from_.numpy.kind] <= _CATEGORIES[to.numpy.kind]


@takes_tensors
def result_type(tensor1: object, tensor2: object) -> _types.dtype:
    """The dtype that arithmetic between two tensors or numbers gives."""
    for value in (tensor1, tensor2):
        if not isinstance(value, (Tensor, int, float, np.generic)):
            raise TypeError(f"result_type(): {_types.kind_of(value)} has no type of a result")
    return _types.BY_NUMPY_NUMBER[result_type_number(tensor1, tensor2)]


__all__ = ["can_cast", "promote_types", "result_type"]
