"""Streams of work and marks in them, as a PyTorch without devices has them: nothing ever waits."""

from __future__ import annotations

from typing import Any

from tapegrad import _types
from tapegrad._absent import answer, refusal

_no_events = refusal(RuntimeError, "cpu backend doesn't support events.")


def _device_of(given: Any) -> _types.device:
    """The CPU. Raises RuntimeError for any other device."""
    device = _types.device("cpu" if given is None else given)
    if device.type != "cpu":
        raise RuntimeError(f"PyTorch is not linked with support for {device.type} devices")
    return _types.device("cpu")


class Stream:
    """The CPU's only queue of work, in which everything is done as soon as it is asked for.

    Raises RuntimeError for other devices, and for events.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.Stream.html
    """

    __module__ = "torch"
    stream_id, device_type, device_index = 0, 0, -1

    def __init__(self, device: Any = None, *, priority: int = 0) -> None:
        self.device = _device_of(device)

    query, is_capturing = answer(True), answer(False)
    synchronize = wait_event = answer(None)
    record_event = wait_stream = _no_events

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream)

    def __hash__(self) -> int:
        return hash((Stream, self.stream_id))

    def __repr__(self) -> str:
        return "torch.Stream device_type=cpu, device_index=-1, stream_id=0"


class Event:
    """A mark in a stream, which can be made but not recorded: that raises RuntimeError.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.Event.html
    """

    __module__ = "torch"
    event_id = 0

    def __init__(
        self, device: Any = None, *, enable_timing: bool = False, blocking: bool = False,
        interprocess: bool = False,
    ) -> None:  # fmt: skip
        self.device, self._is_timed = _device_of(device), enable_timing

    query = answer(True)
    synchronize = wait = answer(None)
    record = _no_events

    def elapsed_time(self, end_event: Event) -> float:
        """The milliseconds between two events: there are none recorded. Raises an error."""
        if not (self._is_timed and end_event._is_timed):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        return _no_events()

    def __repr__(self) -> str:
        return f"torch.Event device_type=cpu, device_index=-1, event_flag={self._flag}, event_id=0"

    @property
    def _flag(self) -> int:
        return int(self._is_timed)


__all__ = ["Event", "Stream"]
