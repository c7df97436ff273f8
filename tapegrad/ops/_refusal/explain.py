"""From a call that failed to PyTorch's error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any

from tapegrad._core import Op, PublicOp
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops._refusal.inner import Inner
from tapegrad.ops._refusal.matching import mismatch, unpacked
from tapegrad.ops._refusal.signatures import Signature, forms_of
from tapegrad.ops._refusal.written import function_of


def explain(called: Callable, args: tuple, kwargs: dict[str, Any], error: BaseException) -> Any:
    """The exception that a failed call deserves; a deprecated form is carried out instead.

    PyTorch looks at the forms of a function before anything else. So whatever went wrong here, a
    call that fits none of them gets the error that says so; the error stays as it is if one fits.
    """
    if not isinstance(error, Exception) or isinstance(error, _NOT_EXPLAINED):
        return error
    if hasattr(called, "compiled"):
        return error if _is_of_python(error) else _of_compiled(called, args, kwargs) or error
    name, is_method = _name(called)
    written = function_of(getattr(called, "written", name), is_method)
    if written is not None:
        return _of_written(written, args, kwargs) or error
    forms = forms_of(name, is_method)
    if is_method and not (args and isinstance(args[0], Tensor)):
        return _without_self(name, args) if forms else error
    if is_method and not forms:
        return _as_method(name, error)
    if not forms or (isinstance(called, Op) and not _is_public(called, forms)):
        return error
    given = args[1:] if is_method else args
    fitting = next((form for form in forms if mismatch(form, given, kwargs) is None), None)
    if fitting is None:
        return _refusal(forms, is_method, given, kwargs)
    if fitting.deprecated:
        return _carried_out(called, fitting, forms[0], args[: is_method], given, kwargs)
    return unpacked(fitting, given, kwargs) or error


def _is_of_python(error: Exception) -> bool:
    """Whether PyTorch's functions in Python raise this before they call a compiled one."""
    text = str(error)
    return text.startswith("Boolean value of Tensor") or "not supported between" in text or (
        isinstance(error, ValueError)
        and not text.startswith(("could not convert", "only one element tensors")))


def _of_compiled(called: Any, args: tuple, kwargs: dict[str, Any]) -> TypeError | None:
    """The error of the compiled function that PyTorch's function in Python calls."""
    try:
        bound = signature(called.__wrapped__).bind(*args, **kwargs)
    except TypeError:  # which is the interpreter's own error too
        return None
    bound.apply_defaults()
    name, given = called.compiled
    values = tuple(bound.arguments[one] if isinstance(one, str) else one for one in given)
    return _of_inner(Inner(name, values, {}))


def _of_written(written: Callable[..., Inner | None], args: tuple,
                kwargs: dict[str, Any]) -> Exception | None:
    """The error of PyTorch's function in Python, or of the compiled one that it calls."""
    try:
        inner = written(*args, **kwargs)
    except Exception as refused:
        return refused.with_traceback(None)
    return None if inner is None else _of_inner(inner)


def _of_inner(inner: Inner) -> TypeError | None:
    """The error of a compiled function's call that fits none of its forms."""
    is_method = inner.name.startswith(".")
    forms = forms_of(inner.name.lstrip("."), is_method)
    if not forms or any(mismatch(form, inner.args, inner.kwargs) is None for form in forms):
        return None
    return _refusal(forms, is_method, inner.args, inner.kwargs)


def _as_method(name: str, error: Exception) -> Exception:
    """The interpreter's error of a method in Python, which it calls by its class too."""
    text = str(error)
    if isinstance(error, TypeError) and text.startswith(f"{name}() "):
        return TypeError(f"Tensor.{text}")
    return error


_NOT_EXPLAINED = (MemoryError, RecursionError, Warning)


def _name(called: Any) -> tuple[str, bool]:
    if isinstance(called, Op):
        return called.name, False
    if isinstance(called, PublicOp):
        return called.called, called.is_method
    return called.called or called.name, called.is_method


def _is_public(op: Op, forms: tuple[Signature, ...]) -> bool:
    """Whether an op takes what the function of its name takes: some stand below such a function."""
    given = list(op.params)
    return any([param.name for param in form.params[: form.n_positional]][: len(given)] == given
               for form in forms)


def _without_self(name: str, args: tuple) -> TypeError:
    """The interpreter's error of a method that is called as a function on what is no tensor."""
    if not args:
        return TypeError(f"unbound method TensorBase.{name}() needs an argument")
    return TypeError(f"descriptor '{name}' for 'torch._C.TensorBase' objects doesn't apply to a "
                     f"'{kind_of(args[0])}' object")


_has_warned = False


def _carried_out(called: Callable, form: Signature, better: Signature, first: tuple, args: tuple,
                 kwargs: dict[str, Any]) -> Any:
    """Call a function as a deprecated form means it; PyTorch warns of that once."""
    global _has_warned
    if not _has_warned:
        _has_warned = True
        warnings.warn(
            f"This overload of {form.name} is deprecated:\n\t{form.name}{form.shown}\nConsider "
            "using one of the following signatures instead:\n\t"
            f"{better.name}{better.shown}", stacklevel=3)  # fmt: skip
    named = {param.name.replace("async", "non_blocking"): value
             for param, value in zip(form.params, args, strict=False)}
    given = {key.replace("async", "non_blocking"): value for key, value in kwargs.items()}
    try:
        return called(*first, **named, **given)
    except Exception as error:
        return error


def refusal_of_method(name: str, args: tuple, kwargs: dict[str, Any]) -> TypeError | None:
    """PyTorch's error of a call that fits none of a method's forms; None if it fits one."""
    forms = forms_of(name, True)
    if any(mismatch(form, args, kwargs) is None for form in forms):
        return None
    return _refusal(forms, True, args, kwargs)


def _refusal(forms: tuple[Signature, ...], is_method: bool, args: tuple,
             kwargs: dict[str, Any]) -> TypeError:
    """PyTorch's error of a call that fits none of a function's forms."""
    found = [mismatch(form, args, kwargs) for form in forms]
    if len(forms) == 1:
        return _without_arguments(forms[0], is_method, args, kwargs) or found[0] or TypeError()
    # PyTorch raises at once where an element is no tensor, before it tries the next form.
    return next((one for one in found if str(one).startswith("expected Tensor as element")), None) \
        or _of_several(forms, args, kwargs)


def _without_arguments(form: Signature, is_method: bool, args: tuple,
                       kwargs: dict[str, Any]) -> TypeError | None:
    """The interpreter's own error, for what is compiled without a parser of arguments."""
    if form.params:
        return None
    called = f"{'TensorBase' if is_method else 'torch'}.{form.name}()"
    if kwargs:
        return TypeError(f"{called} takes no keyword arguments")
    return TypeError(f"{called} takes no arguments ({len(args)} given)") if args else None


def _of_several(forms: tuple[Signature, ...], args: tuple, kwargs: dict[str, Any]) -> TypeError:
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
    return [key for key in kwargs if key not in [piece.split()[-1] for piece in last]]


def _kinds(form: Signature, args: tuple, kwargs: dict[str, Any]) -> str:
    kinds = [kind_of(value) for value in args]
    kinds += [f"{key}={kind_of(value)}" for key, value in kwargs.items()]
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
    return f"{kind_of(value)} of " + (f"[{inner}]" if isinstance(value, list) else f"({inner})")

