"""From a call that failed to PyTorch's error."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from inspect import signature
from itertools import takewhile
from operator import index, is_not
from typing import Any

from tapegrad._core import Op, PublicOp, Undeclared, refusal_of_write
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops._dims import is_index
from tapegrad.ops._refusal.inner import Inner
from tapegrad.ops._refusal.matching import gathered, mismatch, unpacked
from tapegrad.ops._refusal.signatures import Param, Signature, forms_of
from tapegrad.ops._refusal.wording import of_several
from tapegrad.ops._refusal.written import function_of


def explain(called: Callable, args: tuple, kwargs: dict[str, Any], error: BaseException) -> Any:
    """The exception that a failed call deserves; a deprecated form is carried out instead.

    PyTorch looks at the forms of a function before anything else. So whatever went wrong here, a
    call that fits none of them gets the error that says so; the error stays as it is if one fits.
    """
    if not isinstance(error, Exception) or isinstance(error, _NOT_EXPLAINED):
        return error
    if hasattr(called, "compiled"):
        refusal = None if _is_of_python(error) else _of_compiled(called, args, kwargs)
        return refusal or _result_or(error)
    name, is_method = _name(called)
    written = function_of(getattr(called, "written", name), is_method)
    if written is not None and not isinstance(called, Op):
        return _of_written(written, args, kwargs) or _result_or(error)
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
        _warn(fitting, forms[0])
    if fitting.deprecated or isinstance(error, (TypeError, OverflowError)) \
            or _has_bytes(args, kwargs):
        sizes = gathered(fitting, given)
        named = _by_name(fitting, sizes, kwargs)
        n_places = 1 - is_method if fitting.deprecated else forms[0].n_positional
        is_other = any(map(is_not, named.values(), (*given, *kwargs.values()))) or (
            _has_other_names(fitting.params[len(sizes) : n_places], named, kwargs, error))
        if is_other or fitting.deprecated or len(sizes) > forms[0].n_positional:
            return _carried_out(called, args[:is_method], fitting.params[:n_places], named)
    return _of_write(name, is_method, args, kwargs) or unpacked(fitting, given, kwargs) or error


def _result_or(error: Exception) -> Any:
    """The error, or what the call gave if only our declaration had something against it."""
    return error.args[0] if type(error) is Undeclared else error


def _of_write(name: str, is_method: bool, args: tuple, kwargs: dict[str, Any]) -> Exception | None:
    """Autograd's error of a write, which PyTorch looks for before it looks at sizes and dtypes."""
    if not is_method or not name.endswith("_") or name.startswith(_NOT_FOLLOWED):
        return None
    values = (*args[1:], *kwargs.values())
    recording = any(isinstance(one, Tensor) and one.requires_grad for one in values)
    return refusal_of_write(args[0], recording)


def _is_of_python(error: Exception) -> bool:
    """Whether PyTorch's functions in Python raise this before they call a compiled one."""
    text = "" if type(error) is Undeclared else str(error)
    return text.startswith("Boolean value of Tensor") or "not supported between" in text or (
        isinstance(error, ValueError)
        and not text.startswith(("could not convert", "only one element tensors")))


def _of_compiled(called: Any, args: tuple, kwargs: dict[str, Any]) -> Exception | None:
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


def _of_inner(inner: Inner) -> Exception | None:
    """The error of a compiled function's call that fits none of its forms."""
    is_method = inner.name.startswith(".")
    forms = forms_of(inner.name.lstrip("."), is_method)
    return _of_forms(forms, is_method, inner.args, inner.kwargs) if forms else None


def _as_method(name: str, error: Exception) -> Exception:
    """The interpreter's error of a method in Python, which it calls by its class too."""
    text = str(error)
    if isinstance(error, TypeError) and text.startswith(f"{name}() "):
        return TypeError(f"Tensor.{text}")
    return error


_NOT_FOLLOWED = ("logical_", "requires_grad_", "resize_", "set_", "share_memory_")
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


def _warn(form: Signature, better: Signature) -> None:
    """Say that a form is deprecated, which PyTorch does once."""
    global _has_warned
    if not _has_warned:
        _has_warned = True
        warnings.warn(
            f"This overload of {form.name} is deprecated:\n\t{form.name}{form.shown}\nConsider "
            "using one of the following signatures instead:\n\t"
            f"{better.name}{better.shown}", stacklevel=4)  # fmt: skip


def _by_name(form: Signature, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """All arguments by the names that a form gives them, as what they stand for.

    What goes by a name of NumPy's (``axis``) gets its own.
    """
    own_names = {name: param.name for param in form.params for name in param.names}
    given = dict(zip([param.name for param in form.params], args, strict=False))
    given |= {own_names[name]: value for name, value in kwargs.items()}
    for param in form.params:
        if param.name in given:
            given[param.name] = _plain(param, given[param.name])
    return {key.replace("async", "non_blocking"): value for key, value in given.items()}


def _plain(param: Param, value: Any) -> Any:
    """The number or text that a tensor, an array of one number or bytes stand for."""
    if param.kind in ("str", "device") and isinstance(value, bytes):
        return value.decode(errors="replace")
    if param.kind in ("int", "ints") and isinstance(value, Tensor):
        return int(value.item())
    if param.kind in ("Number", "float") and isinstance(value, Tensor):
        return value.item()
    if param.kind == "float" and isinstance(value, int):
        return float(value)
    if param.is_symbolic and value is not None:
        return index(value)
    are_unusual = param.kind == "ints" and isinstance(value, (tuple, list)) and any(
        type(one) is not int for one in value)
    if not are_unusual or not all(is_index(one) or isinstance(one, bool) for one in value):
        return value
    return tuple(int(index(one)) for one in value)


def _has_bytes(args: tuple, kwargs: dict[str, Any]) -> bool:
    return any(isinstance(one, bytes) for one in (*args, *kwargs.values()))


def _has_other_names(free: list[Param], named: dict[str, Any], kwargs: dict[str, Any],
                     error: Exception) -> bool:
    """Whether arguments go by names that are NumPy's, or that parameters do not have here."""
    if not kwargs.keys() <= named.keys():
        return True
    return bool(free) and free[0].name in kwargs and bool(_ABOUT_NAMES.search(str(error)))


_ABOUT_NAMES = re.compile(r"\(\) (got an unexpected keyword|missing \d+ required)")


def _carried_out(called: Callable, first: tuple, placed: list[Param], named: dict[str, Any]) -> Any:
    """Call a function as a form means it; the error if that fails.

    What the form has in places of the function goes by place, for it may have another name here.
    """
    given = takewhile(lambda one: one.name in named and not one.keyword_only, placed)
    args = [named.pop(param.name) for param in given]
    try:
        return called(*first, *args, **named)
    except Exception as error:
        return error


def refusal_of(name: str, is_method: bool, args: tuple,
               kwargs: dict[str, Any]) -> Exception | None:
    """PyTorch's error of a call that fits none of the forms of its name; None if it fits one."""
    return _of_forms(forms_of(name, is_method), is_method, args, kwargs)


def _of_forms(forms: tuple[Signature, ...], is_method: bool, args: tuple,
              kwargs: dict[str, Any]) -> Exception | None:
    fitting = next((one for one in forms if mismatch(one, args, kwargs) is None), None)
    if fitting is not None:
        return unpacked(fitting, args, kwargs)
    return _refusal(forms, is_method, args, kwargs)


def _refusal(forms: tuple[Signature, ...], is_method: bool, args: tuple,
             kwargs: dict[str, Any]) -> TypeError:
    """PyTorch's error of a call that fits none of a function's forms."""
    found = [mismatch(form, args, kwargs) for form in forms]
    if len(forms) == 1:
        return _without_arguments(forms[0], is_method, args, kwargs) or found[0] or TypeError()
    # PyTorch raises at once where an element is no tensor, before it tries the next form.
    return next((one for one in found if str(one).startswith("expected Tensor as element")), None) \
        or of_several(forms, args, kwargs)


def _without_arguments(form: Signature, is_method: bool, args: tuple,
                       kwargs: dict[str, Any]) -> TypeError | None:
    """The interpreter's own error, for what is compiled without a parser of arguments."""
    if form.params:
        return None
    called = f"{'TensorBase' if is_method else 'torch'}.{form.name}()"
    if kwargs:
        return TypeError(f"{called} takes no keyword arguments")
    return TypeError(f"{called} takes no arguments ({len(args)} given)") if args else None
