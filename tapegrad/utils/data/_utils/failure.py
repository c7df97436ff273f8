"""Exceptions that travel from a worker process to its loader."""

from __future__ import annotations

import pickle
import traceback
from typing import NoReturn


class _Message(str):
    """A text that prints without quotes: KeyError shows the repr of what it is given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ExceptionWrapper:
    """An exception's type and traceback; ``note`` says what was being done."""

    def __init__(self, error: BaseException, where: str, note: str = "") -> None:
        kind = type(error)
        lines = "".join(traceback.format_exception(kind, error, error.__traceback__))
        self.text = f"Caught {kind.__name__} {where}.\nOriginal {lines}{note}"
        self.exc_type = kind if _is_known_elsewhere(kind) else RuntimeError

    def reraise(self) -> NoReturn:
        """Raise an exception of the same type; a RuntimeError if none can be made of a text."""
        # Without a name for it: the traceback would hold the frame, and the frame the exception.
        raise self._made()

    def _made(self) -> BaseException:
        if self.exc_type is KeyError:
            return KeyError(_Message(self.text))
        if getattr(self.exc_type, "message", None):
            return self.exc_type(message=self.text)  # type: ignore[call-arg]
        try:
            return self.exc_type(self.text)
        except Exception:
            return RuntimeError(self.text)


def _is_known_elsewhere(kind: type) -> bool:
    """Whether another process finds the type by its name."""
    try:
        pickle.dumps(kind)
    except Exception:
        return False
    return True
