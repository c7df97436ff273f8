"""A call compared with one signature: the error of what does not fit, if anything."""

from __future__ import annotations

from itertools import count
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops._dims import is_index
from tapegrad.ops._refusal import kinds
from tapegrad.ops._refusal.kinds import TAKES_NUMBERS, accepts, is_number
from tapegrad.ops._refusal.signatures import Param, Signature


def mismatch(form: Signature, args: tuple, kwargs: dict[str, Any]) -> TypeError | None:
    """What PyTorch says if a call does not fit a form; None if it does."""
    params, given = form.params, args
    args = gathered(form, args)
    if len(args) > form.n_positional and not _takes_rest(form):
        return _too_many(form, len(args))
    used = 0
    for position, param in enumerate(params):
        by_name = position >= len(args)
        if not by_name and param.keyword_only:
            return _too_many(form, len(args))
        key = next((key for key in param.names if key in kwargs), None) if by_name else None
        if by_name and key is None:
            if not param.optional:
                return _missing(form, position)
            continue
        value = args[position] if key is None else kwargs[key]
        used += by_name
        if not ((value is None and param.takes_none) or _fits(form, param, value)):
            if len(args) > form.n_positional:
                return _too_many(form, len(args))
            return _wrong(form.name, param, value, None if by_name else position)
        if param.kind == "Tensors" and value is not None:
            wrong = next((k for k, one in enumerate(value) if not isinstance(one, Tensor)), None)
            if wrong is not None:
                return TypeError(f"expected Tensor as element {wrong} in argument {position}, but "
                                 f"got {kind_of(value[wrong])}")
    if len(args) > form.n_positional:
        return _too_many(form, len(args))
    if used < len(kwargs):
        return _unexpected(form, len(given), kwargs)
    return None


def _fits(form: Signature, param: Param, value: Any) -> bool:
    if param.kind == "Tensor" and is_number(value) and form.name.rstrip("_") in TAKES_NUMBERS:
        return True
    if param.is_symbolic and kinds.stands_for_int(value):
        return True
    return accepts(param.kind, value, param.takes_one)


def _too_many(form: Signature, n: int) -> TypeError:
    most, least = form.n_positional, form.n_required
    if most != least:
        return TypeError(f"{form.name}() takes from {least} to {most} positional arguments but {n} "
                         "were given")
    return TypeError(f"{form.name}() takes {most} positional argument{'s' * (most != 1)} but {n} "
                     f"{'was' if n == 1 else 'were'} given")


def _missing(form: Signature, position: int) -> TypeError:
    names = [f'"{param.name}"' for param in form.params[position:] if not param.optional]
    return TypeError(f"{form.name}() missing {len(names)} required positional "
                     f"argument{'s' * (len(names) == 1)}: {', '.join(names)}")  # sic


def _wrong(name: str, param: Param, value: Any, position: int | None) -> TypeError:
    wanted = f"{param.shown_kind}, not {kind_of(value)}"
    if position is None:
        return TypeError(f"{name}(): argument '{param.name}' must be {wanted}")
    where = f"{name}(): argument '{param.name}' (position {position + 1}) must be "
    if param.kind in ("ints", "floats", "Numbers") and isinstance(value, (tuple, list)):
        return TypeError(f"{where}{param.shown_kind}, but found element of type "
                         f"{kind_of(value[0])} at pos 0")
    return TypeError(where + wanted)


def _unexpected(form: Signature, n_args: int, kwargs: dict[str, Any]) -> TypeError:
    for key in kwargs:
        position = form.named(key)
        if position < 0:
            return TypeError(f"{form.name}() got an unexpected keyword argument '{key}'")
        if position < n_args:
            return TypeError(f"{form.name}() got multiple values for argument '{key}'")
    return TypeError("invalid keyword arguments")


def _takes_rest(form: Signature) -> bool:
    """Whether the sizes may be given one by one, ``view(2, 3)`` for ``view((2, 3))``."""
    if form.n_positional != 1:
        return False
    return form.params[0].kind == "ints" and not form.params[0].takes_one


def gathered(form: Signature, args: tuple) -> tuple:
    """The arguments, with sizes that are given one by one in a tuple."""
    return (args,) if args and _takes_rest(form) and is_index(args[0]) else args


def unpacked(form: Signature, args: tuple, kwargs: dict[str, Any]) -> Exception | None:
    """The error of what is looked at once a form is chosen: later elements, too large numbers."""
    args = gathered(form, args)
    for position, param in enumerate(form.params):
        given = args[position] if position < len(args) else kwargs.get(param.name)
        if param.kind in ("int", "ints") and isinstance(given, int) and not _is_64_bits(given):
            return ValueError("Overflow when unpacking long long")
        if param.kind == "Number" and isinstance(given, int) \
                and not -(2**63) <= given < 2**64:
            return OverflowError(
                "int too big to convert" if given > 0 else "can't convert negative int to unsigned")
        find = _ELEMENT_ERRORS.get(param.kind)
        if find is None or not isinstance(given, (tuple, list)):
            continue
        said = next(filter(None, map(find, given, count(1))), None)
        if said is not None:
            return TypeError(f"{form.name}(): argument '{param.name}' {said}")
    return None


def _no_float(value: Any, position: int) -> str | None:
    if isinstance(value, Tensor) or kinds.is_real_number(value):
        return None
    return f"must be tuple of floats, but found element of type {kind_of(value)} at pos {position}"


def _no_int(value: Any, position: int) -> str | None:
    said = f"failed to unpack the object at pos {position} with error "
    if not is_index(value) and not isinstance(value, bool):    # True may stand behind the first
        return f'{said}"type must be tuple of ints,but got {kind_of(value)}"'
    if isinstance(value, int) and not _is_64_bits(value):
        return f'{said}"Overflow when unpacking long long'
    return None


_ELEMENT_ERRORS = {"ints": _no_int, "floats": _no_float}


def _is_64_bits(number: int) -> bool:
    return -(2**63) <= number < 2**63


__all__ = ["gathered", "mismatch", "unpacked"]
