"""Functions of devices that are not there: they answer as in a PyTorch built without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


class OutOfMemoryError(RuntimeError):
    """A device has no memory left. Nothing raises it here: the CPU's is a ``MemoryError``."""

    __module__ = "torch"


class AcceleratorError(RuntimeError):
    """A device reported an error. Nothing raises it here."""

    __module__ = "torch"


def refusal(error: type[Exception], text: str) -> Callable[..., Any]:
    """A function that raises, whatever it is given."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise error(text)

    refuse.__doc__ = f"Raises {error.__name__}: {text}"
    return refuse


def answer(value: Any) -> Callable[..., Any]:
    """A function that always gives the same."""

    def give(*args: Any, **kwargs: Any) -> Any:
        return value

    give.__doc__ = f"Gives {value!r}." if value is not None else "Does nothing."
    return give


class IdleContext:
    """The current stream of a device without any: a block that changes nothing."""

    def __init__(self, stream: Any = None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass
