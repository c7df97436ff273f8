"""Functions of Python whose commonest calls are served by compiled code, with their types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def front(kind: type, *described: Any) -> Callable[[F], F]:
    """Put a front of a ``kind`` in ``_call.pyx`` before a function, told what its calls come to."""
    return cast(Callable[[F], F], partial(kind, *described))
