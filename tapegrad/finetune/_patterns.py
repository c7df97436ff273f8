"""Names of a model's parts, and the patterns that pick some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from tapegrad.nn import Module

Patterns = str | Sequence[str]


def listed(patterns: Patterns | None) -> list[str]:
    """Patterns as a list. Raises TypeError for what is none."""
    if patterns is None:
        return []
    found = [patterns] if isinstance(patterns, str) else list(patterns)
    for pattern in found:
        if not isinstance(pattern, str):
            raise TypeError(f"a pattern is a string, not {type(pattern).__name__}")
    return found


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits a dotted name, or that of a module which it lies in."""
    return any(fnmatchcase(place, pattern) for pattern in patterns for place in _places(name))


def check_found(patterns: Iterable[str], names: Iterable[str], what: str) -> None:
    """Refuse a pattern that fits none of the names, with those that resemble it."""
    known = list(names)
    for pattern in patterns:
        if not any(matches(name, [pattern]) for name in known):
            raise ValueError(f"no {what} matches '{pattern}'{_resembling(pattern, known)}")


def _resembling(pattern: str, names: Sequence[str]) -> str:
    places = list(dict.fromkeys(place for name in names for place in _places(name)))
    near = get_close_matches(pattern.strip("*."), places, n=4, cutoff=0.5) or places[:4]
    return f"; near names: {', '.join(near)}" if near else "; there is none at all"


def _places(name: str) -> list[str]:
    """A dotted name and those of the modules around it, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def names_of(model: Module) -> list[str]:
    """The dotted names of all modules and parameters, each under every name that it has."""
    modules = [name for name, _ in model.named_modules(remove_duplicate=False) if name]
    return modules + [name for name, _ in model.named_parameters(remove_duplicate=False)]
