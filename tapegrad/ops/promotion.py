"""The dtype that operands of different dtypes meet in."""

from __future__ import annotations

from tapegrad import _types
from tapegrad._core import promoted_number, result_type_number
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors


def _dtypes_of(function: str, **arguments: object) -> list[_types.dtype]:
    """The dtypes given, for which Python's types of numbers may stand."""
    found: list[_types.dtype] = []
    for position, (name, value) in enumerate(arguments.items(), 1):
        value = _types.PYTHON_TYPES.get(value, value) if isinstance(value, type) else value
        if not isinstance(value, _types.dtype):
            kind = type(value).__name__
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be torch.dtype, not "
                f"{kind}"
            )
        found.append(value)
    return found


@takes_tensors
def promote_types(type1: _types.dtype, type2: _types.dtype) -> _types.dtype:
    """The smallest dtype that holds what both hold; integers never widen floating-point ones."""
    a, b = _dtypes_of("promote_types", type1=type1, type2=type2)
    return a if a is b else _promoted(a, b)


def _promoted(a: _types.dtype, b: _types.dtype) -> _types.dtype:
    """What two dtypes promote to, also where no tensor has them."""
    parts = {a.to_real(), b.to_real()}
    floating = [one for one in parts if one.is_floating_point]
    if any(one.name.startswith("float8") for one in parts):
        raise RuntimeError(
            "Promotion for Float8 Types is not supported, attempted to promote "
            f"{_types.scalar_name(a)} and {_types.scalar_name(b)}"
        )
    is_complex = a.is_complex or b.is_complex
    if parts & _WIDE_UNSIGNED and (is_complex or not floating):
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{_types.scalar_name(a)} and {_types.scalar_name(b)}"
        )
    if parts == {_types.bfloat16, _types.float16}:
        part = _types.float32
    elif floating and (parts & _WIDE_UNSIGNED or _types.bfloat16 in parts):
        part = max(floating, key=lambda one: one.itemsize)
    else:
        first, *rest = parts
        second = rest[0] if rest else first
        number = promoted_number(first.numpy.num, second.numpy.num)
        part = _types.BY_NUMPY_NUMBER[number]
    return part.to_complex() if is_complex else part


_WIDE_UNSIGNED = {_types.OTHERS[name] for name in ("uint16", "uint32", "uint64")}


def _category(one: _types.dtype) -> int:
    """Bools, whole, floating-point and complex numbers: what may be cast upwards, not down."""
    return 3 if one.is_complex else 2 if one.is_floating_point else int(one is not _types.bool)


@takes_tensors
def can_cast(from_: _types.dtype, to: _types.dtype) -> bool:
    """Whether in-place arithmetic may put results of one dtype into a tensor of the other."""
    source, target = _dtypes_of("can_cast", from_=from_, to=to)
    return _category(source) <= _category(target)


@takes_tensors
def result_type(*operands: object, **named: object) -> _types.dtype:
    """The dtype that arithmetic between two tensors or numbers gives.

    Their names are ``tensor`` and ``other``, ``scalar`` and ``tensor``, or ``scalar1`` and
    ``scalar2``.
    """
    values = (*operands, *named.values())
    is_known = not named or named.keys() <= _NAMES
    if len(values) != 2 or not is_known or not (
            isinstance(values[0], _OPERANDS) and isinstance(values[1], _OPERANDS)):
        raise TypeError("result_type() takes two tensors or numbers")
    return _types.BY_NUMPY_NUMBER[result_type_number(*values)]


_NAMES = {"tensor", "other", "scalar", "scalar1", "scalar2"}
_OPERANDS = (Tensor, int, float)

__all__ = ["can_cast", "promote_types", "result_type"]
