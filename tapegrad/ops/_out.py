"""``out=``: a result that is written into memory the caller gives.

How an operation treats an ``out`` of another dtype than the result's is its rule:

==========  ================================================================================
``cast``    written if the result's kind of number can be cast to it (element-wise operations)
``cast f``  as ``cast``, with the text of the function ``f``
``same``    refused: *Found dtype Long but expected Float*
``extreme`` as ``cast`` for the larger of two tensors, as ``exact`` for the largest over dimensions
``exact``   refused: *Expected out tensor to have dtype float, but got long int instead*
``dtype``   the operation computes in it, as with ``dtype=``
``any``     written
``join``    as ``cast``, with the text of ``cat``
``safe f``  as ``cast``, with the text of the function ``f`` of linear algebra
``factory`` as ``dtype``, for functions that make a tensor: they resize ``out`` in silence
``none``    there is no ``out``
==========  ================================================================================

Any other rule is the text of the refusal itself, with ``{result}`` and ``{out}`` for the dtypes
(``{result_text}`` and ``{out_text}`` for their names in C); *not implemented for* and *Expected
floating point* are said only where whole numbers would lose fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from warnings import warn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import TensorFunction, register_out_writer, result_type_number
from tapegrad._tensor import Tensor, _set_grad_enabled, is_grad_enabled
from tapegrad.ops._results import written_results

_NAMES = {
    _types.bool: ("Bool", "bool"),
    _types.uint8: ("Byte", "unsigned char"),
    _types.int8: ("Char", "signed char"),
    _types.int16: ("Short", "short int"),
    _types.int32: ("Int", "int"),
    _types.int64: ("Long", "long int"),
    _types.float16: ("Half", "c10::Half"),
    _types.float32: ("Float", "float"),
    _types.float64: ("Double", "double"),
}
_ABOUT_FRACTIONS: dict[str, type[Exception]] = {
    "not implemented for": NotImplementedError, "Expected floating point": RuntimeError,
}  # fmt: skip
_TAKES_BYTES = "only supports bool tensor"  # although a mask of bytes is one too
_RULES: dict[str, str] = {}


def c_name(dtype: _types.dtype) -> str:
    """A dtype as C has it, by which some of PyTorch's errors call it."""
    return _NAMES[dtype][1]


_COMPOSED: set[str] = set()
_RECORDED: set[str] = set()
_SILENT: set[str] = set()
_BY_ROWS: set[str] = set()
_BY_COUNT: set[str] = set()
_WARNED_BY_COUNT: set[str] = set()
_UNSHARED: set[str] = set()
_IN_SOME_FORMS = frozenset(  # the others of these functions, mostly of numbers, take no ``out``
    ("argsort", "bernoulli", "bitwise_and", "bitwise_left_shift", "bitwise_or",
     "bitwise_right_shift", "bitwise_xor", "bucketize", "remainder", "std", "var")
)  # fmt: skip
# What writes an element before it has read the last one for which it needs its place.
_READS_ANYWHERE = frozenset(
    ("gather", "index_select", "linalg_cross", "masked_select", "take", "take_along_dim")
)
# The same, but for the first argument: that is copied before anything is written.
_WRITES_OVER_FIRST = frozenset(
    ("index_add", "index_copy", "index_reduce", "scatter", "scatter_add", "scatter_reduce")
)
# What reads each element where it writes the result, besides what its rule tells that of.
_READS_IN_PLACE = frozenset(
    ("addmm", "baddbmm", "bernoulli", "cumprod", "cumsum", "heaviside", "logcumsumexp", "renorm",
     "where")
)  # fmt: skip
_NEEDS: dict[str, frozenset[str]] = {}
_TEXTS: dict[str, dict[int, str]] = {}
_INNER: dict[str, str] = {}
_WRITERS: dict[str, Callable[..., Any]] = {}


def takes_out(
    rule: str = "exact", name: str | None = None, *, refuses_grad: bool | str = True,
    records: bool = False, resizes: str = "", may_overlap: bool = True,
    writer: Callable[..., Any] | None = None, called: str | None = None,
    needs: Iterable[str] = (), texts: dict[int, str] | None = None,
) -> Callable[[Callable], TensorFunction]:
    """Give a function the keyword ``out``, which PyTorch's messages call ``name(): ...``.

    ``refuses_grad`` is False for those that drop a gradient in silence, or the name of the function
    inside that refuses one; those that ``records`` copy into ``out`` with its history. ``resizes``
    is ``"silently"`` where PyTorch does not warn, ``"by rows"`` where the result lies by columns
    but an ``out`` of another shape does not, and ``"by count"``, or ``"by count, with a warning"``,
    where an ``out`` of as many elements keeps its shape. An ``out`` that is about to be resized
    ``may_overlap`` with itself, save where PyTorch looks first. A ``writer`` gets ``out`` and the
    arguments and fills it, where a copy would not do. ``out`` ``needs`` one of some arguments,
    which by position would be the second.
    If it is ``called`` something, arguments are checked, and messages about them call it so.
    Where its outputs are refused with different ``texts``, these take the rule's place, by the
    number of the output and in the order in which PyTorch looks.
    """

    def decorate(function: Callable) -> TensorFunction:
        # What checks arguments keeps doing so.
        checked = called or getattr(function, "called", None) or name
        function = getattr(function, "__wrapped__", function)
        checked = checked or function.__name__
        made = TensorFunction(function, name=name, rule=rule, called=checked)
        if writer is not None:
            _WRITERS[made.name] = writer
        if texts is not None:
            _TEXTS[made.name] = texts
        if needs:
            _NEEDS[made.name] = frozenset(needs)
        if not refuses_grad or records:
            _COMPOSED.add(made.name)
        elif isinstance(refuses_grad, str):
            _INNER[made.name] = refuses_grad
        for names, belongs in ((_RECORDED, records), (_SILENT, resizes == "silently"),
                               (_BY_ROWS, resizes == "by rows"),
                               (_BY_COUNT, resizes.startswith("by count")),
                               (_WARNED_BY_COUNT, resizes == "by count, with a warning"),
                               (_UNSHARED, not may_overlap)):  # fmt: skip
            if belongs:
                names.add(made.name)
        return made

    return decorate


def note_rule(name: str, rule: str, *, refuses_grad: bool = True) -> None:
    """Set how an op treats an ``out`` of another dtype."""
    _RULES[name] = rule
    if not refuses_grad:
        _COMPOSED.add(name)


def _write(
    function: Callable, name: str, rule: str | None, args: tuple, kwargs: dict, out: Any
) -> Any:
    """Call a function and put what it returns into ``out``, without a trace on the tape."""
    rule = rule or _RULES[name]
    if rule == "extreme":
        is_of_two = "other" in kwargs or (len(args) == 2 and isinstance(args[1], Tensor))
        rule = "cast" if is_of_two else "exact"
    if rule == "none":
        raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
    if name in _IN_SOME_FORMS:
        _check_form(name, args, {**kwargs, "out": out})
    if name in _NEEDS and len(args) < 2 and not _NEEDS[name] & kwargs.keys():
        raise TypeError(f"{name}() with out needs {' or '.join(sorted(_NEEDS[name]))}")
    if type(out) in (int, float, bool):
        out = _stand_in(name, out)
    targets = _targets(name, out)
    if name in _WRITERS and out is not targets[0]:
        _refuse(name, out)
    records = is_grad_enabled()
    if name not in _COMPOSED:
        said = f"aten::{name}" if rule == "factory" else _INNER.get(name, name)
        refuse_grad(said, (args, kwargs, targets))
    if rule == "cast" and kwargs.get("dtype") is not None:
        rule = "exact"
    if rule in ("dtype", "factory") and kwargs.get("dtype") is None:
        kwargs["dtype"] = targets[0].dtype
    if name in _UNSHARED:
        kernels.check_written(targets[0]._array, [])
    _set_grad_enabled(records and name in _RECORDED)
    try:
        if name in _WRITERS:
            if rule == "factory":
                asked = _types.as_dtype(kwargs["dtype"], name) or targets[0].dtype
                check_dtype(asked, targets[0].dtype, rule)
            return _WRITERS[name](out, *args, **kwargs)
        result = _computed(function, rule, args, kwargs, targets)
        results = result if isinstance(result, tuple) else (result,)
        if results is not result and out is not targets[0]:
            _refuse(name, out)
        if len(results) != len(targets):
            raise TypeError(f"expected tuple of {len(results)} elements but got {len(targets)}")
        for k, text in (_TEXTS.get(name) or dict.fromkeys(range(len(targets)), rule)).items():
            check_dtype(results[k].dtype, targets[k].dtype, text)
        for target, source in zip(targets, results, strict=True):
            if name in _BY_COUNT:
                source = _counted(name, target, source)
            if target.shape != source.shape:
                if rule == "cast" and any(target is one for one in _tensors(args)):
                    _refuse_resize(target, source)
                announce = 0 if rule == "factory" or name in _SILENT else 3
                _resize(target, source.detach(), announce, name in _BY_ROWS)
                if source.requires_grad:
                    target.copy_(source)
            else:
                _check_written(name, rule, target, args)
                target.copy_(source)
    finally:
        _set_grad_enabled(records)
    return written_results(result, targets) if isinstance(result, tuple) else out


def _counted(name: str, target: Tensor, row: Tensor) -> Tensor:
    """A row of numbers, in the shape of a target that has room for just as many."""
    if target.numel() == row.numel():
        return row.reshape(target.shape)
    if target.numel() and name in _WARNED_BY_COUNT:
        warn(
            f"The number of elements in the out tensor of shape {list(target.shape)} is "
            f"{target.numel()} which does not match the computed number of elements {row.numel()}. "
            "Note that this may occur as a result of rounding error. The out tensor will be "
            f"resized to a tensor of shape ({row.numel()},). ",
            stacklevel=4,
        )
    return row


def _check_written(name: str, rule: str, target: Tensor, args: tuple) -> None:
    """Refuse an ``out`` that shares memory with what is read, or with itself."""
    read = [x._array for x in _tensors(args)]
    if rule == "join" or name in _READS_ANYWHERE:
        kernels.check_written(target._array, read, True)
    elif name in _WRITES_OVER_FIRST:
        kernels.check_written(target._array, read[:1])
        kernels.check_written(target._array, read[1:], True)
    else:
        is_read_in_place = rule in ("cast", "same") or name in _READS_IN_PLACE
        kernels.check_written(target._array, read if is_read_in_place else ())


def _computed(
    function: Callable, rule: str, args: tuple, kwargs: dict, targets: tuple[Tensor, ...]
) -> Any:
    """What a function gives. The dtype of ``out`` is refused before that of the operands is."""
    try:
        return function(*args, **kwargs)
    except NotImplementedError:
        if rule == "cast":
            operands = [x for x in (*args, *kwargs.values()) if isinstance(x, (Tensor, int, float))]
            dtype = _types.BY_NUMPY_NUMBER[result_type_number(*operands)]
            check_dtype(dtype, targets[0].dtype, rule)
        raise


def _check_form(name: str, args: tuple, kwargs: dict[str, Any]) -> None:
    """Refuse a call that no form of the function takes; their list is loaded for it alone."""
    from tapegrad.ops._refusal.matching import mismatch
    from tapegrad.ops._refusal.signatures import forms_of

    refused = [mismatch(form, args, kwargs) for form in forms_of(name, False)]
    if None not in refused:
        raise refused[0] or TypeError()


def fit(target: Tensor, shape: tuple[int, ...], announce: int = 0) -> Tensor:
    """Give a target that is going to be filled a shape; where it has it, it stays as it lies.

    A warning is given to the caller that many frames above, if any elements would be lost.
    """
    if target.shape != shape:
        if announce and target.numel():
            _warn_of_resizing(target, shape, announce + 1)
        target.resize_(shape)
    return target


def refuse_grad(name: str, arguments: Any) -> None:
    """Refuse tensors that require grad while operations are recorded: ``out`` has no history."""
    if is_grad_enabled() and any(x.requires_grad for x in _tensors(arguments)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )


def _targets(name: str, out: Any) -> tuple[Tensor, ...]:
    targets = tuple(out) if type(out) in (tuple, list) else (out,)
    for target in targets:
        if not isinstance(target, Tensor):
            _refuse(name, target)
    return targets


def _stand_in(name: str, value: Any) -> Tensor:
    """A tensor for the number that arithmetic takes where it declares one, even here."""
    from tapegrad.ops._refusal.kinds import TAKES_NUMBERS

    if name not in TAKES_NUMBERS:
        _refuse(name, value)
    return Tensor._wrap(np.asarray(value))


def _refuse(name: str, value: Any) -> None:
    raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(value).__name__}")


def check_dtype(result: _types.dtype, out: _types.dtype, rule: str) -> None:
    """Refuse an ``out`` whose dtype an operation does not write."""
    if result is out or rule == "any":
        return
    (result_name, result_text), (out_name, out_text) = _NAMES[result], _NAMES[out]
    is_castable = out.is_floating_point or not (result.is_floating_point or out is _types.bool)
    if rule == "cast":
        if not is_castable:
            raise RuntimeError(
                f"result type {result_name} can't be cast to the desired output type {out_name}"
            )
    elif rule.startswith("cast "):
        if not is_castable:
            raise RuntimeError(f"{rule[5:]} can't be cast to the desired output type {out_name}")
    elif rule == "join":
        if not is_castable:
            raise TypeError(
                f"torch.cat(): input types can't be cast to the desired output type {out_name}"
            )
    elif rule == "same":
        raise RuntimeError(f"Found dtype {out_name} but expected {result_name}")
    elif rule == "factory":
        raise RuntimeError(
            f"dtype {result_name} does not match dtype of out parameter ({out_name})"
        )
    elif rule in ("exact", "dtype"):
        raise RuntimeError(
            f"Expected out tensor to have dtype {result_text}, but got {out_text} instead"
        )
    elif found := next(filter(rule.__contains__, _ABOUT_FRACTIONS), None):
        if result.is_floating_point and not out.is_floating_point:
            raise _ABOUT_FRACTIONS[found](rule.format(result=result_name, out=out_name))
    elif rule.startswith("safe "):
        if not is_castable:
            raise RuntimeError(
                f"{rule[5:]}: Expected result to be safely castable from {result_name} dtype, but "
                f"got result with dtype {out_name}"
            )
    elif not (result is _types.bool and out is _types.uint8 and _TAKES_BYTES in rule):
        names = {"result_text": result_text, "out_text": out_text}
        raise RuntimeError(rule.format(result=result_name, out=out_name, **names))


def _refuse_resize(target: Tensor, source: Tensor) -> None:
    raise RuntimeError(
        f"output with shape {list(target.shape)} doesn't match the broadcast shape "
        f"{list(source.shape)}"
    )


def _resize(target: Tensor, source: Tensor, announce: int, by_rows: bool) -> None:
    """Give a target of another shape the result, in its own memory if that is large enough."""
    fit(target, source.shape, announce and announce + 1)
    made = source.to(target.dtype, copy=True)   # without gaps, in the order of its memory
    if not by_rows and not made.is_contiguous():
        target.data = target.as_strided(made.shape, made.stride())
    kernels.copy_array(target._array, made._array)


def _warn_of_resizing(target: Tensor, shape: tuple[int, ...], announce: int) -> None:
    warn(
        "An output with one or more elements was resized since it had shape "
        f"{list(target.shape)}, which does not match the required output shape {list(shape)}. "
        "This behavior is deprecated, and in a future PyTorch release outputs will not be resized "
        "unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, "
        "inplace, to zero elements with t.resize_(0).",
        stacklevel=announce,
    )


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(tuple(value.values()))


register_out_writer(_write)

__all__ = ["c_name", "check_dtype", "fit", "note_rule", "refuse_grad", "takes_out"]
