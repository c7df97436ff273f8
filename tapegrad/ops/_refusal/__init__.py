"""Why a call was refused, in PyTorch's words.

This is found out after the call failed, so that one that works pays nothing for it; the parts are
loaded by the first that does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._core import register_explainer
from tapegrad._values import register_refusal


def _explain(called: Callable, args: tuple, kwargs: dict[str, Any], error: BaseException) -> Any:
    """Load what explains failed calls, and let it explain this one."""
    from tapegrad.ops._refusal.explain import explain

    register_explainer(explain)
    return explain(called, args, kwargs, error)


def _of_constructor(name: str, args: tuple, kwargs: dict[str, Any]) -> Exception | None:
    from tapegrad.ops._refusal.explain import refusal_of

    return refusal_of(name, False, args, kwargs)


def refusal(
    name: str, args: tuple, kwargs: dict[str, Any], is_method: bool = True
) -> Exception | None:
    """PyTorch's error of a call that fits none of a function's forms; None if it fits one."""
    from tapegrad.ops._refusal.explain import refusal_of

    return refusal_of(name, is_method, args, kwargs)


register_explainer(_explain)
register_refusal(_of_constructor)

__all__ = ["refusal"]
