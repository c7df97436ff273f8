"""Results that are not there yet: ``torch.futures``, with callbacks in one process."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Future as _Future
from concurrent.futures import InvalidStateError
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Future(Generic[T]):
    """A value, or an error, that someone sets once and others wait for.

    Source: https://docs.pytorch.org/docs/2.13/futures.html
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._held: _Future[T] = _Future()

    def done(self) -> bool:
        """Whether there is a value, or an error."""
        return self._held.done()

    def wait(self) -> T:
        """The value, once there is one. Raises the error that was set instead."""
        return self._held.result()

    def value(self) -> T:
        """The value. Raises the error that was set instead, or RuntimeError where nothing was."""
        if not self.done():
            raise RuntimeError("the future holds no value yet: wait() waits for one")
        return self._held.result()

    def set_result(self, result: T) -> None:
        """Give the value, and call what waits for it. Raises RuntimeError the second time."""
        try:
            self._held.set_result(result)
        except InvalidStateError:
            raise RuntimeError(_ONCE) from None

    def set_exception(self, result: BaseException) -> None:
        """Give an error, which ``wait`` and ``value`` raise."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        try:
            self._held.set_exception(result)
        except InvalidStateError:
            raise RuntimeError(_ONCE) from None

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """A future of what the callback gives, which is called with this one when it is done."""
        following: Future[Any] = Future()

        def run(_: Any) -> None:
            try:
                following.set_result(callback(self))
            except Exception as error:
                following.set_exception(_of_callback(error))

        self._held.add_done_callback(run)
        return following

    def add_done_callback(self, callback: Callable[[Future[T]], None]) -> None:
        """Call it with this future when that is done; its errors are logged."""
        self._held.add_done_callback(lambda _: callback(self))


_ONCE = ("Attempting to mark a completed Future as complete again. Note that a Future can only be "
         "marked completed once.")  # fmt: skip


def _of_callback(error: Exception) -> RuntimeError:
    text = "".join(traceback.format_exception_only(error)).strip()
    made = RuntimeError(f"Got the following error when running the callback: {text}")
    made.__cause__ = error
    return made


def collect_all(futures: list[Future]) -> Future[list[Future]]:
    """A future of these futures, which is done when all of them are; with the first one's error."""
    waiting, together = len(futures), Future[list[Future]]()

    def count(_: Any) -> None:
        nonlocal waiting
        waiting -= 1
        if waiting == 0:
            _finish(together, futures)

    if not futures:
        together.set_result([])
    for one in futures:
        one._held.add_done_callback(count)
    return together


def _finish(together: Future[list[Future]], futures: list[Future]) -> None:
    error = next((error for one in futures if (error := one._held.exception())), None)
    if error is None:
        together.set_result(futures)
    else:
        together.set_exception(error)


def wait_all(futures: list[Future]) -> list[Any]:
    """The values of all, once they are there. Raises the first error."""
    return [one.wait() for one in collect_all(futures).wait()]


__all__ = ["Future", "collect_all", "wait_all"]
