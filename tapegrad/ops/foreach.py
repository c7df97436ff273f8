"""``torch._foreach_add_`` and its kin: an operation on each tensor of a list.

Optimizers are written with them. Here they save no launches: each is the operation in a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops.linalg.norms import vector_norm

UNARY = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor",
    "frac", "lgamma", "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt",
    "sigmoid", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
)  # fmt: skip
BINARY = ("add", "clamp_max", "clamp_min", "div", "maximum", "minimum", "mul", "pow", "sub")
TERNARY = ("addcdiv", "addcmul")
# What the arguments after the list are called, and by which name the method takes the last one.
_NAMES = ("other", "scalar", "scalars", "exponent", "tensor", "tensors1", "tensor1", "tensor2",
          "tensors2", "weight", "weights", "value")  # fmt: skip
_BY_NAME = {"addcdiv": "value", "addcmul": "value"}
_OF_NUMBERS = {"maximum": "clamp_min", "minimum": "clamp_max"}


def _foreach(name: str, n_tensors: int, n_arguments: int) -> Callable:
    """The operation of that name on each tensor of ``n_tensors`` lists, then a value for each."""
    is_inplace = name.endswith("_")
    plain = name.removesuffix("_")

    def foreach(self: Any, *args: Any, **options: Any) -> Any:
        given = [*args, *(options.pop(one) for one in _NAMES if one in options)]
        if not n_tensors - 1 <= len(given) <= n_arguments:
            raise TypeError(f"{foreach.__name__}() received an invalid combination of arguments")
        for k, one in enumerate((self, *given)[:n_tensors]):
            _check_tensors(foreach.__name__, k, one)
        operands = zip(self, *(_values(one, self) for one in given), strict=True)
        results = [_method(plain, is_inplace, one, options) for one in operands]
        return self if is_inplace else tuple(results)

    foreach.__name__ = foreach.__qualname__ = f"_foreach_{name}"
    foreach.__doc__ = f"``{name}`` on each tensor of a list."
    return foreach


def _method(plain: str, is_inplace: bool, operands: tuple, options: dict[str, Any]) -> Any:
    """Call the method on one tensor of each list."""
    first, *others = operands
    by_name = _BY_NAME.get(plain)
    if by_name and len(others) == 3:
        options = {**options, by_name: others.pop()}
    if plain in _OF_NUMBERS and (is_inplace or not isinstance(others[0], Tensor)):
        plain = _OF_NUMBERS[plain]
    return getattr(first, f"{plain}_" if is_inplace else plain)(*others, **options)


def _check_tensors(name: str, position: int, given: Any) -> None:
    """Refuse what is no list of tensors."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(
            f"{name}(): argument '{'other' if position else 'self'}' (position {position + 1}) "
            f"must be tuple of Tensors, not {kind_of(given)}"
        )
    for k, one in enumerate(given):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument {position}, but got {kind_of(one)}"
            )
    if not given:
        raise RuntimeError("Tensor list must have at least one tensor.")


def _values(given: Any, first: Sequence[Tensor]) -> Iterator[Any]:
    """A tensor or number for each of the first list's: of a list, of a vector, or one for all."""
    if not isinstance(given, (list, tuple)):
        return iter(repeat(given, len(first)))
    if len(given) != len(first):
        if given and isinstance(given[0], Tensor):
            raise RuntimeError(
                "Tensor lists must have the same number of tensors, got "
                f"{len(first)} and {len(given)}"
            )
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    return iter(given)


def _of_vector(function: Callable) -> Callable:
    """Take the numbers of a vector as a list of numbers, as the last argument."""

    def foreach(self: Any, tensor1: Any, tensor2: Any, *values: Any, **options: Any) -> Any:
        values = (*values, *(options.pop(one) for one in ("scalars", "value") if one in options))
        if values and isinstance(values[0], Tensor) and values[0].ndim:
            values = (values[0].tolist(),)
            if len(values[0]) != len(self):
                raise RuntimeError(
                    f"Expected length of scalars to match input of length {len(self)} but got "
                    f"{len(values[0])} instead."
                )
        return function(self, tensor1, tensor2, *values, **options)

    foreach.__name__ = foreach.__qualname__ = function.__name__
    foreach.__doc__ = function.__doc__
    return foreach


def _foreach_norm(self: Any, ord: Any = 2, dtype: _types.dtype | None = None) -> tuple:
    """The norm of each tensor of a list, over all its elements."""
    _check_tensors("_foreach_norm", 0, self)
    return tuple(vector_norm(one, ord, dtype=dtype) for one in self)


_MADE = (
    *(_foreach(name + end, 1, 0) for name in (*UNARY, "zero") for end in ("", "_")),
    *(_foreach(name + end, 1, 1) for name in BINARY for end in ("", "_")),
    *(_of_vector(_foreach(name + end, 3, 3)) for name in TERNARY for end in ("", "_")),
    *(_foreach(name, 2, 2) for name in ("copy_", "lerp", "lerp_")),
    *(_foreach(name, 1, 0) for name in ("clone", "max")), _foreach("mm", 2, 1),
)  # fmt: skip
globals().update({one.__name__: one for one in _MADE})
