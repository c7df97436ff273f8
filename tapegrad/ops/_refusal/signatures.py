"""What PyTorch's compiled functions take: signatures that are read when a call is first refused.

``signatures.txt`` has a line a form, ``add(Tensor input, Tensor other, *, Number alpha=1)``. The
methods stand after a dot, unless they take what the function of their name takes after its tensor.
``?`` marks what may be None, ``ints[2]`` a sequence for which one number may stand, ``symint`` a
number for which whatever has an index may stand, a tensor of one element too. Its facts are
PyTorch's; ``tools/read_signatures.py`` writes it.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from pathlib import Path

_SHOWN = {
    "ints": "tuple of ints", "floats": "tuple of floats", "Tensors": "tuple of Tensors",
    "Numbers": "tuple of Scalars", "dtype": "torch.dtype", "layout": "torch.layout",
    "device": "torch.device", "memory_format": "torch.memory_format",
    "Generator": "torch.Generator", "Storage": "torch.Storage",
}  # fmt: skip
_NUMPY_NAMES = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"),
                "other": ("x2",)}  # fmt: skip
_PARAM = re.compile(r"(\w+)(?:\[(\d+)\])?(\?)? (\w+)(?:=(.+))?")


class Param:
    """One parameter: its name, its kind, and whether it may be left out, None or a lone number."""

    def __init__(self, text: str, keyword_only: bool) -> None:
        parsed = _PARAM.fullmatch(text)
        if parsed is None:
            raise ValueError(f"not a parameter: {text!r}")
        kind, size, nullable, self.name, self.default = parsed.groups()
        self.is_symbolic, self.kind = kind == "symint", kind.removeprefix("sym")
        self.keyword_only, self.optional = keyword_only, self.default is not None
        self.takes_none = nullable is not None or self.default == "None"
        self.takes_one = size is not None
        self.shown_kind = _SHOWN.get(self.kind, self.kind)
        self.names = (self.name, *_NUMPY_NAMES.get(self.name, ()))

    @property
    def shown(self) -> str:
        """The parameter as messages write it."""
        default = f" = {self.default}" if self.optional else ""
        return f"{self.shown_kind} {self.name}{default}"


class Signature:
    """One form of a function; ``deprecated`` forms are tried last and not shown."""

    def __init__(self, text: str) -> None:
        self.name, _, rest = text.partition("(")
        inner, _, mark = rest.rpartition(")")
        self.deprecated = mark == "|deprecated"
        self._texts = inner.split(", ") if inner else []

    @cached_property
    def params(self) -> list[Param]:
        """The parameters in their order."""
        first = self._texts.index("*") if "*" in self._texts else len(self._texts)
        return [Param(text, k >= first) for k, text in enumerate(self._texts) if text != "*"]

    @property
    def n_positional(self) -> int:
        """The most arguments that it takes by position."""
        return sum(not param.keyword_only for param in self.params)

    @property
    def n_required(self) -> int:
        """The fewest arguments that it takes."""
        return sum(not param.optional for param in self.params)

    @property
    def pieces(self) -> list[str]:
        """The parameters as messages write them, the star too."""
        pieces = [param.shown for param in self.params]
        if "*" in self._texts:
            pieces.insert(self._texts.index("*"), "*")
        return pieces

    @property
    def shown(self) -> str:
        """The form as messages write it."""
        return f"({', '.join(self.pieces)})"

    def named(self, key: str) -> int:
        """The position of a parameter by its own name; -1 if there is none."""
        return next((k for k, param in enumerate(self.params) if key == param.name), -1)


@cache
def _listed() -> dict[str, list[str]]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.partition("(")[0], []).append(line.removeprefix("."))
    return found


@cache
def forms_of(name: str, is_method: bool) -> tuple[Signature, ...]:
    """Every form of a function or method, in the order in which they are tried; () if unknown."""
    listed = _listed()
    texts = listed.get(f".{name}") if is_method else listed.get(name)
    if texts is None and is_method:
        texts = method_forms(name, listed)
    return tuple(map(Signature, texts or ()))


def method_forms(name: str, listed: dict[str, list[str]]) -> list[str]:
    """The forms of a method without lines: of the method without ``_``, else of the function."""
    plain = name.rstrip("_")
    texts = listed.get(f".{plain}") if name != plain else None
    if texts is None:
        texts = [_without_tensor(text) for text in listed.get(name) or listed.get(plain, [])]
    return [f"{name}({text.partition('(')[2]}" for text in texts]


def _without_tensor(text: str) -> str:
    """The form of a method by that of a function: without the first tensor and without ``out``."""
    head, _, rest = text.partition("(")
    inner, _, mark = rest.rpartition(")")
    pieces = [piece for piece in inner.split(", ") if not re.match(r"Tensors? out=", piece)]
    first = next((k for k, piece in enumerate(pieces) if piece.startswith("Tensor ")), 0)
    del pieces[first]
    if pieces and pieces[-1] == "*":
        pieces.pop()
    return f"{head}({', '.join(pieces)}){mark}"
