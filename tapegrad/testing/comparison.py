"""Whether two values, or all values of two nested containers, are as close as they should be.

All pairs are found first, so mistakes in the structure come before differences of numbers. The
first kind that can compare two values does: None, truth values, numbers, what becomes a tensor.
"""

from __future__ import annotations

import cmath
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.ops.compare import isclose
from tapegrad.ops.create import as_tensor, tensor
from tapegrad.ops.promotion import promote_types
from tapegrad.testing.mismatch import numbers_text, tensors_text
from tapegrad.testing.tolerances import DTYPE_OF, default_tolerances, old_tolerances

_Place = tuple[Any, ...]  # the keys that lead from the outermost container to a value
_Comparison = Callable[[], str | None]  # says what differs


@dataclass(frozen=True)
class _Rules:
    """What `assert_close` was told."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool

    def with_tolerances(self, place: _Place, *dtypes: Any) -> _Rules:
        """The same with the tolerances of these dtypes, unless others were asked for."""
        if (self.rtol is None) is not (self.atol is None):
            missing = "rtol" if self.rtol is None else "atol"
            text = (f"Both 'rtol' and 'atol' must be either specified or omitted, but got no "
                    f"{missing}.")  # fmt: skip
            raise ValueError(_located(text, place))
        if self.rtol is not None:
            return self
        rtol, atol = default_tolerances(*dtypes)
        return replace(self, rtol=rtol, atol=atol)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Values are tensors, what :func:`as_tensor` takes, numbers, truth values, None, or sequences and
    mappings of them. Without ``rtol`` and ``atol`` these are 1.3e-6 and 1e-5 for float32, 1e-7 and
    1e-7 for float64, 1e-3 and 1e-5 for float16, otherwise 0. ``msg`` takes the place of the text,
    or makes another of it. Values of unrelated types raise TypeError. There is one device and one
    layout. Source: https://docs.pytorch.org/docs/2.13/testing.html
    """
    __tracebackhide__ = True
    rules = _Rules(allow_subclasses, rtol, atol, equal_nan, check_dtype, check_stride)
    for place, compare in list(_comparisons(actual, expected, rules, ())):
        with no_grad():
            text = compare()
        if text is not None:
            text = _located(text, place)
            raise AssertionError(msg(text) if callable(msg) else text if msg is None else msg)


def _located(text: str, place: _Place) -> str:
    if not place:
        return text
    return f"{text}\n\nThe failure occurred for item {_brackets(place)}"


def _brackets(place: _Place) -> str:
    return "".join(str([key]) for key in place)


# ------------------------------------------------------------------------- containers


def _comparisons(
    actual: Any, expected: Any, rules: _Rules, place: _Place
) -> Iterator[tuple[_Place, _Comparison]]:
    """Every pair of values in two nested containers."""
    if _are(Sequence, actual, expected) and not any(isinstance(a, str) for a in (actual, expected)):
        if len(actual) != len(expected):
            text = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise AssertionError(_located(text, place))
        keys: Any = range(len(actual))
    elif _are(Mapping, actual, expected):
        keys = _keys(actual, expected, place)
    else:
        yield place, _comparison(actual, expected, rules, place)
        return
    for key in keys:
        yield from _comparisons(actual[key], expected[key], rules, (*place, key))


def _are(kind: type | tuple[type, ...], *values: Any) -> bool:
    return all(isinstance(one, kind) for one in values)


def _keys(actual: Mapping, expected: Mapping, place: _Place) -> Any:
    """The keys of two mappings, in order if they have one. Raises where only one has a key."""
    keys: Any = set(actual)
    if keys != set(expected):
        text = (
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {sorted(set(expected) - keys)}\n"
            f"Additional keys in the actual mapping: {sorted(keys - set(expected))}"
        )
        raise AssertionError(_located(text, place))
    with suppress(Exception):
        keys = sorted(keys)
    return keys


def _comparison(actual: Any, expected: Any, rules: _Rules, place: _Place) -> _Comparison:
    """How to compare two values that are no containers. Raises TypeError if they cannot be."""
    for kind in (_of_none, _of_truths, _of_numbers, _of_tensors):
        found = kind(actual, expected, rules, place)
        if found is not None:
            return found
    text = (f"No comparison pair was able to handle inputs of type {type(actual)} and "
            f"{type(expected)}.")  # fmt: skip
    raise TypeError(_located(text, place))


# ------------------------------------------------------------------------- plain values


def _of_none(actual: Any, expected: Any, rules: _Rules, place: _Place) -> _Comparison | None:
    if actual is None or expected is None:
        return partial(_same, "None", actual, expected)
    return None


def _of_truths(actual: Any, expected: Any, rules: _Rules, place: _Place) -> _Comparison | None:
    if _are((bool, np.bool_), actual, expected):
        return partial(_same, "Booleans", bool(actual), bool(expected))
    return None


def _same(what: str, actual: Any, expected: Any) -> str | None:
    return None if actual is expected else f"{what} mismatch: {actual} is not {expected}"


def _of_numbers(actual: Any, expected: Any, rules: _Rules, place: _Place) -> _Comparison | None:
    given = (actual, expected)
    if not _are((int, float, complex, np.number), *given):
        return None
    numbers = [one.item() if isinstance(one, np.number) else one for one in given]
    if bool in map(type, numbers):  # which is an int and yet none
        raise RuntimeError(
            f"Originating a NumberPair() at item {_brackets(place)} with\n\n"
            f"{type(actual).__name__}(): {actual}\n\nand\n\n"
            f"{type(expected).__name__}(): {expected}\n\n"
            "resulted in the unexpected exception above. "
        )
    dtypes = [DTYPE_OF[type(one)] for one in numbers]
    rules = rules.with_tolerances(place, *dtypes)
    return partial(_compare_numbers, numbers[0], numbers[1], rules)


def _compare_numbers(actual: Any, expected: Any, rules: Any) -> str | None:
    if rules.check_dtype and type(actual) is not type(expected):
        return f"The (d)types do not match: {type(actual)} != {type(expected)}."
    if actual == expected:
        return None
    if rules.equal_nan and cmath.isnan(actual) and cmath.isnan(expected):
        return None
    difference = abs(actual - expected)
    if cmath.isfinite(difference) and difference <= rules.atol + rules.rtol * abs(expected):
        return None
    return numbers_text(actual, expected, rules.rtol, rules.atol)


# ------------------------------------------------------------------------- tensors


def _of_tensors(actual: Any, expected: Any, rules: _Rules, place: _Place) -> _Comparison | None:
    """Two tensors, or what becomes one; one value's type must be a subclass of the other's."""
    kinds = type(actual), type(expected)
    is_related = issubclass(*kinds) or issubclass(*reversed(kinds))
    if not is_related or (not rules.allow_subclasses and kinds[0] is not kinds[1]):
        return None
    try:
        a, b = (one if isinstance(one, Tensor) else as_tensor(one) for one in (actual, expected))
    except Exception:
        return None
    return partial(_compare_tensors, a, b, rules.with_tolerances(place, a.dtype, b.dtype))


def _compare_tensors(actual: Tensor, expected: Tensor, rules: Any) -> str | None:
    for name, is_checked, a, b in (
        ("shape", True, actual.shape, expected.shape),
        ("stride()", rules.check_stride, actual.stride(), expected.stride()),
        ("dtype", rules.check_dtype, actual.dtype, expected.dtype),
    ):
        if is_checked and a != b:
            return f"The values for attribute '{name}' do not match: {a} != {b}."
    common = promote_types(actual.dtype, expected.dtype)
    actual, expected = actual.to(common), expected.to(common)
    is_close = isclose(actual, expected, rules.rtol, rules.atol, rules.equal_nan)
    if is_close.all():
        return None
    if actual.ndim == 0:
        return numbers_text(actual.item(), expected.item(), rules.rtol, rules.atol)
    return tensors_text(actual, expected, is_close, rules.rtol, rules.atol)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The older form of :func:`assert_close`: looser, and for tensors of any dtypes.

    Source: https://docs.pytorch.org/docs/2.13/testing.html
    """
    __tracebackhide__ = True
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a "
        "future release. Please use `torch.testing.assert_close()` instead. You can find detailed "
        "upgrade instructions in https://github.com/pytorch/pytorch/issues/61844.",
        FutureWarning,
        stacklevel=2,
    )
    if not isinstance(actual, Tensor):
        actual = tensor(actual)
    if not isinstance(expected, Tensor):
        expected = tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        rtol, atol = old_tolerances(actual.dtype, expected.dtype)
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan,
                 check_dtype=False, msg=msg or None)  # fmt: skip


__all__ = ["assert_allclose", "assert_close"]
