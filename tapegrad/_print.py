"""How a tensor is printed: PyTorch's text, to the character."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import compress, islice
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor, get_default_dtype

# What PyTorch leaves out of the text, beside the default dtype, because the elements show it.
_EVIDENT_DTYPES = ("torch.int64", "torch.bool")
_OWN_PACKAGES = ("tapegrad", "torch")


class PrintOptions:
    """What `set_printoptions` changes; the defaults are PyTorch's."""

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


PRINT_OPTS = PrintOptions()

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed; what is ``None`` stays, except ``sci_mode``.

    ``precision`` is the number of digits after the point. A tensor of more than ``threshold``
    elements shows ``edgeitems`` of them at either end of each dimension. Lines are broken to fit
    ``linewidth``. ``sci_mode=None``, also when merely left out, lets the values decide about
    scientific notation. ``profile`` is ``"default"``, ``"short"`` or ``"full"``.
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    for name, value in {**_PROFILES.get(profile or "", {}), **chosen}.items():
        setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options, as keyword arguments for `set_printoptions`."""
    return dict(vars(PRINT_OPTS))


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Change the print options inside a ``with`` block; takes what `set_printoptions` takes."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_repr(t: Any) -> str:
    """The text of a tensor: its elements, then what they cannot show."""
    prefix = _class_name(type(t)) + "("
    values = t.detach().numpy()
    text = prefix + _elements(values, len(prefix))
    text = _append_suffixes(text, _suffixes(t, values), len(prefix))
    return f"Parameter({text})" if _is_custom_parameter(t) else text


def _is_own(cls: type) -> bool:
    return cls is Tensor or cls.__module__.partition(".")[0] in _OWN_PACKAGES


def _class_name(cls: type) -> str:
    """A user's subclass prints its name; Tensor, Parameter and Buffer all print as ``tensor``."""
    return "tensor" if _is_own(cls) else cls.__name__


def _is_custom_parameter(t: Any) -> bool:
    """A user's subclass of Parameter, or a parameter made from a user's subclass of Tensor."""
    if _is_own(type(t)):
        return False
    bases = type(t).__mro__
    return getattr(t, "_is_param", False) or any(
        base.__name__ == "Parameter" and _is_own(base) for base in bases
    )


def _suffixes(t: Any, values: np.ndarray) -> list[str]:
    dtype, default = str(t.dtype), str(get_default_dtype())
    is_empty = values.size == 0
    suffixes = []
    if (is_empty and values.ndim != 1) or (not is_empty and not PRINT_OPTS.edgeitems):
        suffixes.append(f"size={tuple(values.shape)}")
    if dtype != default and (is_empty or dtype not in _EVIDENT_DTYPES):
        suffixes.append(f"dtype={dtype}")
    return suffixes + _gradient_suffix(t)


def _gradient_suffix(t: Any) -> list[str]:
    try:
        grad_fn = t.grad_fn
    except RuntimeError:  # a view made under no_grad, whose base was then written to
        return ["grad_fn=<Invalid>"]
    if grad_fn is not None:
        return [f"grad_fn=<{type(grad_fn).__name__}>"]
    return ["requires_grad=True"] if t.requires_grad else []


def _append_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Add the suffixes and the closing bracket, each on a new line if it would not fit."""
    line_length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if line_length + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            line_length = indent + len(suffix)
        else:
            text += ", " + suffix
            line_length += len(suffix) + 2
    return text + ")"


def _elements(values: np.ndarray, indent: int) -> str:
    if values.size == 0:
        return "[]"
    n_edge = PRINT_OPTS.edgeitems
    is_summary = values.size > PRINT_OPTS.threshold
    if is_summary and values.ndim and not n_edge:
        return "[...]"
    is_cut = [is_summary and length > 2 * n_edge for length in values.shape]
    shown = _corners(values, is_cut) if any(is_cut) else values
    cells, width = _format_cells(shown)
    return _brackets(iter(cells), list(zip(shown.shape, is_cut, strict=True)), width, indent)


def _corners(values: np.ndarray, is_cut: list[bool]) -> np.ndarray:
    """The elements that a summary shows, so that the others are never formatted."""
    n_edge = PRINT_OPTS.edgeitems
    picked = [
        np.r_[:n_edge, length - n_edge : length] if cut else np.arange(length)
        for length, cut in zip(values.shape, is_cut, strict=True)
    ]
    return values[np.ix_(*picked)]


def _format_cells(values: np.ndarray) -> tuple[list[str], int]:
    """Each element as text, and the width of the columns, which some of them may exceed."""
    numbers = values.ravel().tolist()
    if values.dtype.kind == "f":
        # As in PyTorch, zeros, nan and infinities choose neither the notation nor the width.
        is_telling = [number != 0 and math.isfinite(number) for number in numbers]
        write = _float_writer(list(compress(numbers, is_telling)))
    else:
        is_telling = [True] * len(numbers)
        write = str
    texts = [write(number) for number in numbers]
    width = max(map(len, compress(texts, is_telling)), default=1)
    return [text.rjust(width) for text in texts], width


def _float_writer(numbers: list[float]) -> Callable[[float], str]:
    """The notation in which these finite, non-zero numbers are printed."""
    if numbers and _is_scientific(numbers):
        return f"{{:.{PRINT_OPTS.precision}e}}".format
    if all(number.is_integer() for number in numbers):
        return _write_whole
    return f"{{:.{PRINT_OPTS.precision}f}}".format


def _is_scientific(numbers: list[float]) -> bool:
    if PRINT_OPTS.sci_mode is not None:
        return PRINT_OPTS.sci_mode
    magnitudes = [abs(number) for number in numbers]
    smallest, largest = min(magnitudes), max(magnitudes)
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


def _write_whole(number: float) -> str:
    return f"{number:.0f}." if math.isfinite(number) else f"{number:.0f}"


def _brackets(cells: Iterator[str], dims: list[tuple[int, bool]], width: int, indent: int) -> str:
    """Nested brackets around the cells; ``dims`` has the shown length and whether it is cut."""
    if not dims:
        return next(cells)
    length, is_cut = dims[0]
    if len(dims) == 1:
        row = list(islice(cells, length))
        if is_cut:
            row.insert(PRINT_OPTS.edgeitems, " ...")
        return _wrapped_row(row, width, indent)
    parts = [_brackets(cells, dims[1:], width, indent + 1) for _ in range(length)]
    if is_cut:
        parts.insert(PRINT_OPTS.edgeitems, "...")
    separator = "," + "\n" * (len(dims) - 1) + " " * (indent + 1)
    return "[" + separator.join(parts) + "]"


def _wrapped_row(row: list[str], width: int, indent: int) -> str:
    per_line = max(1, math.floor((PRINT_OPTS.linewidth - indent) / (width + 2)))
    lines = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


__all__ = ["get_printoptions", "printoptions", "set_printoptions"]
