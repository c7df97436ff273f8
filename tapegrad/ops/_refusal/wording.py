"""The text about a call that none of several forms takes."""

from __future__ import annotations

from typing import Any

from tapegrad._types import kind_of
from tapegrad.ops._refusal.keyword_order import in_table
from tapegrad.ops._refusal.matching import mismatch
from tapegrad.ops._refusal.signatures import Signature


def of_several(forms: tuple[Signature, ...], args: tuple, kwargs: dict[str, Any]) -> TypeError:
    """The error of arguments that fit none of several forms."""
    shown = [form for form in forms if not form.deprecated]
    n = len(args) + len(kwargs)
    plausible = [form for form in shown if form.n_required <= n <= len(form.params)]
    if len(plausible) == 1:
        return mismatch(plausible[0], args, kwargs) or TypeError()
    said = f"{forms[0].name}() received an invalid combination of arguments - got "
    if len(shown) == 1:
        unknown = _unknown(shown[0], kwargs)
        if unknown:
            return TypeError(f"{said}unrecognized keyword arguments: {', '.join(unknown)}")
        given = _marked if len(shown[0].pieces) == n else _kinds
        return TypeError(f"{said}{given(shown[0], args, kwargs)}, but expected {shown[0].shown}")
    lines = [line for form in shown for line in _described(form, args, kwargs)]
    return TypeError(f"{said}{_kinds(shown[0], args, kwargs)}, but expected one of:\n"
                     + "".join(f"{line}\n" for line in lines))


def _described(form: Signature, args: tuple, kwargs: dict[str, Any]) -> list[str]:
    """A form; if the number of arguments is right, also what is wrong with them."""
    if max(len(form.pieces), 1) != len(args) + len(kwargs):  # PyTorch counts the star, and nothing
        return [f" * {form.shown}"]
    why = "      didn't match because some of the "
    unknown = _unknown(form, kwargs)
    if unknown:
        return [f" * {form.shown}", f"{why}keywords were incorrect: {', '.join(unknown)}"]
    return [f" * {form.shown}",
            f"{why}arguments have invalid types: {_marked(form, args, kwargs)}"]


def _unknown(form: Signature, kwargs: dict[str, Any]) -> list[str]:
    """Keywords that PyTorch's message finds no name for, among the last pieces of the form."""
    pieces = form.pieces
    last = pieces[max(len(pieces) - len(kwargs), 0):]
    return [key for key in in_table(kwargs) if key not in [piece.split()[-1] for piece in last]]


def _kinds(form: Signature, args: tuple, kwargs: dict[str, Any]) -> str:
    kinds = [kind_of(value) for value in args]
    kinds += [f"{key}={kind_of(kwargs[key])}" for key in in_table(kwargs)]
    return f"({', '.join(kinds)}{'' if args or not kwargs else ', '})"


def _marked(form: Signature, args: tuple, kwargs: dict[str, Any]) -> str:
    """The kinds of all arguments, those that do not match between exclamation marks."""
    given = [("", value) for value in args]
    given += [(f"{piece.split()[-1]}=", kwargs[piece.split()[-1]])
              for piece in form.pieces[len(args):]]
    marked = []
    for piece, (key, value) in zip(form.pieces or [""], given, strict=True):
        wanted = piece.rpartition(" ")[0] or piece
        is_right = kind_of(value) in {"float": ("float", "int", "long"),
                                      "int": ("int", "long")}.get(wanted, (wanted,))
        marked.append(f"{key}{_kind(value)}" if is_right else f"!{key}{_kind(value)}!")
    return f"({', '.join(marked)}{'' if args else ', '})"


def _kind(value: Any) -> str:
    """A value's type; of a sequence also those of what is in it."""
    if not isinstance(value, (list, tuple)):
        return kind_of(value)
    inner = ", ".join(map(kind_of, value))
    lone = "," * (len(value) == 1)
    kinds = f"[{inner}]" if isinstance(value, list) else f"({inner}{lone})"
    return f"{kind_of(value)} of {kinds}"


__all__ = ["of_several"]
