"""The Kullback-Leibler divergence of pairs of distributions: which formula a pair has."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.distributions.distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

_FORMULAS: dict[tuple[type, type], Callable] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable], Callable]:
    """Decorate the function that computes the divergence of instances of two classes.

    Subclasses have it too, where no closer pair is registered.
    """
    for name, given in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(given, type) or not issubclass(given, Distribution):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {given}")

    def register(formula: Callable) -> Callable:
        _FORMULAS[type_p, type_q] = formula
        _formula_for.cache_clear()
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """``E_p[log p(x) - log q(x)]``. Shape: the batch's.

    Raises NotImplementedError for a pair of classes that has no formula.
    """
    classes: Any = (type(p), type(q))
    formula = _formula_for(*classes)
    if formula is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type "
            f"{type(q).__name__}"
        )
    return formula(p, q)


@cache
def _formula_for(type_p: type, type_q: type) -> Callable[[Any, Any], Tensor] | None:
    """The formula of the closest classes; a warning where closeness in p and q disagree."""
    pairs = [
        (i, j) for i, j in _FORMULAS if issubclass(type_p, i) and issubclass(type_q, j)
    ]
    if not pairs:
        return None

    def distance(pair: tuple[type, type]) -> tuple[int, int]:
        return type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])

    by_p = min(pairs, key=distance)
    by_q = min(pairs, key=lambda pair: distance(pair)[::-1])
    if _FORMULAS[by_p] is not _FORMULAS[by_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please "
            f"register_kl({by_p[0].__name__}, {by_q[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _FORMULAS[by_p]
