"""Which operation first gave a number that is not finite, and on which line of the program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tapegrad import _core
from tapegrad._tensor import Node, Tensor
from tapegrad.autograd.anomaly_mode import describe_stack, set_detect_anomaly
from tapegrad.nn.module import Module

_OURS = str(Path(__file__).resolve().parents[1])


class NonFiniteError(FloatingPointError):
    """A loss or a gradient became NaN or infinite; nothing was stepped with it."""


@dataclass
class Origin:
    """An operation, by the name of its node, and the place in the program that called it.

    ``infinite_since`` is the one that made the infinity of which it made NaN.
    """

    node: str
    file: str
    line: int
    module: str
    is_backward: bool
    value: str
    infinite_since: Origin | None = None

    def __str__(self) -> str:
        direction = "the gradient of " if self.is_backward else ""
        place = f'"{self.file}", line {self.line}'
        module = f", in module {self.module}" if self.module else ""
        text = f"{direction}{self.node} gave {self.value} ({place}{module})"
        return text if self.infinite_since is None else f"{self.infinite_since}, of which {text}"


@dataclass
class _Recorded:
    """Where an operation was called, and the worst of what it gave: "", "inf" or "nan"."""

    node: Node
    places: list[tuple[str, int]]
    module: str
    made: Any = None
    value: str = ""


def find_nonfinite(compute: Callable[[], Tensor], model: Module | None = None) -> Origin | None:
    """Run ``compute`` and the backward pass of its loss; what first gave NaN, or else infinity.

    Of operations whose result does reach the loss. NaN counts before infinity: masks hold infinity
    on purpose. Gradients are added to those of the leaves, as ever. None if all is finite.
    """
    names = {} if model is None else {module: name for name, module in model.named_modules()}
    with _watched(names) as records:
        loss = compute()
        _settle(records)
    by_node = {one.node: one for one in records}
    not_a_number = _first_on_the_way([loss.grad_fn], by_node, "nan")
    start = [loss.grad_fn] if not_a_number is None else _inputs_of(not_a_number.node)
    infinite = _first_on_the_way(start, by_node, "inf")
    if not_a_number is not None:
        since = None if infinite is None else _origin(infinite, False, "inf")
        return _origin(not_a_number, False, "nan", since)
    if infinite is not None:
        return _origin(infinite, False, "inf")
    return _first_in_backward(loss, by_node)


@contextmanager
def _watched(names: dict[Module, str]) -> Iterator[list[_Recorded]]:
    """A block in which every operation that is recorded is also noted in a list."""
    records: list[_Recorded] = []
    outside = sys._getframe(2)

    def note(node: Node, made: Any) -> str:
        # An in-place operation is recorded before it writes: look at it when the next one comes.
        _settle(records)
        places, module = _places(sys._getframe(1), outside, names)
        records.append(_Recorded(node, places, module, made))
        return ""

    _core._register_trace_maker(note)
    try:
        with set_detect_anomaly(True, check_nan=False):
            yield records
    finally:
        _core._register_trace_maker(describe_stack)


def _places(
    frame: FrameType | None, outside: FrameType, names: dict[Module, str]
) -> tuple[list[tuple[str, int]], str]:
    """The lines that led to an operation, innermost first, and the module that was running."""
    places, module = [], ""
    while frame is not None and frame is not outside:
        places.append((frame.f_code.co_filename, frame.f_lineno))
        running = frame.f_locals.get("self")
        if not module and isinstance(running, Module) and names.get(running):
            module = f"{names[running]} ({type(running).__name__})"
        frame = frame.f_back
    return places, module


def _settle(records: list[_Recorded]) -> None:
    """Judge what the last operation made."""
    if records and records[-1].made is not None:
        last = records[-1]
        made = last.made if isinstance(last.made, (list, tuple)) else [last.made]
        last.value, last.made = worst(made), None


def worst(tensors: Iterable[Any]) -> str:
    """``"nan"`` if there is one among the numbers of some tensors, else ``"inf"``, else ``""``."""
    found = [one.detach() for one in tensors if isinstance(one, Tensor)]
    floats = [one for one in found if one.is_floating_point()]
    if any(one.isnan().any() for one in floats):
        return "nan"
    return "inf" if any(one.isinf().any() for one in floats) else ""


def _inputs_of(node: Any) -> list:
    return [following for following, _ in node.next_functions]


def _first_on_the_way(
    waiting: list, records: dict[Node, _Recorded], value: str
) -> _Recorded | None:
    """The first operation that a chain of results with ``value`` leads back to from some nodes."""
    found = None
    seen: set = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        record = records.get(node)
        if record is not None and record.value != value:
            continue
        if record is not None and (found is None or _comes_before(record, found)):
            found = record
        waiting += _inputs_of(node)
    return found


def _comes_before(one: _Recorded, other: _Recorded) -> bool:
    return one.node._sequence_nr() < other.node._sequence_nr()


def _first_in_backward(loss: Tensor, records: dict[Node, _Recorded]) -> Origin | None:
    """The first operation of the backward pass that turns finite gradients into others."""
    found: list[tuple[_Recorded, str]] = []

    def watch(record: _Recorded) -> Callable[[tuple, tuple], None]:
        def look(given: tuple, taken: tuple) -> None:
            if not found and not worst(taken) and (value := worst(given)):
                found.append((record, value))

        return look

    for node, record in records.items():
        node.register_hook(watch(record))
    loss.backward()
    return _origin(found[0][0], True, found[0][1]) if found else None


def _origin(
    record: _Recorded, is_backward: bool, value: str, since: Origin | None = None
) -> Origin:
    """The innermost line outside the package; inside it if nothing else was on the way."""
    outside = [place for place in record.places if not place[0].startswith(_OURS)]
    file, line = (outside or record.places)[0]
    return Origin(record.node.name(), file, line, record.module, is_backward, value, since)


__all__ = ["NonFiniteError", "Origin", "find_nonfinite", "worst"]
