"""How the changed calls of one entry end in both libraries."""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

import tapegrad

from .. import convert, freedom, table
from ..calls import Call, description, difference, holds_other_types, outcome
from ..compare import tensors
from . import allowed
from .made import Change, changes

SAMPLES = 2             # of an entry, of different kinds of arguments where there are such
ELEMENTS = 100_000      # a sample has no more: some take PyTorch seconds
TOLERANCE = (1e-4, 1e-4)    # a changed number may let terms cancel; others hold values closer
SECONDS = 20            # a call that takes longer counts as too slow, in whichever library
MEMORY = 6 << 30        # so that what asks for terabytes is refused in both libraries
KINDS = ("crash", "class", "end", "value", "text")


class Difference(NamedTuple):
    """One call that does not end alike."""

    kind: str
    entry: str
    change: str     # "arg1 None"
    call: str
    told: str       # what ours gave, and what PyTorch's did


class Mutations:
    """What came out for one entry."""

    def __init__(self, name: str) -> None:
        self.name, self.calls, self.slow = name, 0, 0
        self.differing: list[Difference] = []
        self.allowed: Counter[tuple[str, allowed.Allowed]] = Counter()     # by kind and cause

    def add(self, found: Difference | None) -> None:
        """Count a call, and keep it if it may not differ so."""
        self.calls += 1
        if found is not None:
            cause = allowed.cause_of(found)
            if cause is None:
                self.differing.append(found)
            else:
                self.allowed[found.kind, cause] += 1


def check(name: str, entry: Any, dtype: str = "float32") -> Mutations:
    """Make every changed call of an entry, going on behind one that ends the process."""
    report, number = Mutations(name), 0
    while number is not None:
        number = _run_from(number, report, entry, dtype)
    return report


def samples(entry: Any, dtype: str) -> list[Any]:
    """Pick samples in a dtype, or in the first that the entry has, of different arguments."""
    possible = table.dtypes_of(entry)
    if not possible:
        return []
    made = [one for one in table.samples(entry, dtype if dtype in possible else possible[0])
            if sum(t.numel() for t in tensors((one.input, one.args, one.kwargs))) <= ELEMENTS]
    by_kind = {_kinds_of_arguments(one): one for one in reversed(made)}
    picked = list(reversed(by_kind.values()))[:SAMPLES]
    return (picked + [one for one in made if one not in picked])[:SAMPLES]


def _kinds_of_arguments(sample: Any) -> tuple:
    return (*(type(value) for value in sample.args),
            *sorted((key, type(value).__name__) for key, value in sample.kwargs.items()))


def _calls(name: str, entry: Any, dtype: str) -> Iterator[tuple[str, Change]]:
    """Give every changed sample of an entry with its description; the same at each run."""
    for number, sample in enumerate(samples(entry, dtype)):
        for change in changes(sample):
            yield f"{name} {description(dtype, number, change.sample)()}", change


def _run_from(start: int, report: Mutations, entry: Any, dtype: str) -> int | None:
    """Make the calls from one on, in a child; give the one after that which ended the child."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(
        target=_make_calls, args=(sender, report.name, entry, dtype, start))
    child.start()
    sender.close()
    number, ours_ended = start, False
    try:
        while True:
            answer = receiver.recv()
            if answer == "ours ended":
                ours_ended = True
            elif answer == "done":
                return None
            else:
                _take(report, answer)
                number, ours_ended = number + 1, False
    except EOFError:
        call, change = next(islice(_calls(report.name, entry, dtype), number, None))
        who = "PyTorch's" if ours_ended else "ours"
        report.add(Difference("crash", report.name, f"{change.where} {change.how}", call,
                              f"{who} ended the process"))
        return number + 1
    finally:
        child.join()


def _take(report: Mutations, answer: Any) -> None:
    if answer == "slow":
        report.slow += 1
    elif answer != "not ours":
        report.add(answer)


def _make_calls(sender: Connection, name: str, entry: Any, dtype: str, start: int) -> None:
    """Make the calls and send what each came to: a difference, None or why it does not count."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _stop)
    with catch_warnings(), np.errstate(all="ignore"):
        simplefilter("ignore")
        for call, change in islice(_calls(name, entry, dtype), start, None):
            try:
                signal.setitimer(signal.ITIMER_REAL, SECONDS)
                answer = _answer(sender, name, entry, call, change)
            except TooSlow:
                answer = "slow"
            except (convert.NotOurs, convert.Missing):
                answer = "not ours"
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            sender.send(answer)
    sender.send("done")


def _answer(sender: Connection, name: str, entry: Any, call: str, change: Change) -> Any:
    both = Call(change.sample)
    ours = outcome(tapegrad, convert.operation(entry), both.ours)
    sender.send("ours ended")
    theirs = freedom.readable(name, outcome(torch, entry.op, both.theirs))
    if holds_other_types(theirs):
        return "not ours"
    found = _differs(name, ours, theirs, both)
    return found and Difference(found[0], name, f"{change.where} {change.how}", call, found[1])


def _differs(name: str, ours: Any, theirs: Any, call: Call) -> tuple[str, str] | None:
    """Say how two outcomes differ: the kind, and both."""
    told = difference(ours, theirs, TOLERANCE, freedom.RULES.get(name), call)
    if isinstance(ours, Exception) != isinstance(theirs, Exception):
        return "end", told
    if not isinstance(theirs, Exception):
        return told and ("value", told)
    if told is not None:
        return "class", told
    if str(ours).replace("tapegrad", "torch").startswith(str(theirs).rstrip()):
        return None
    return "text", f"{str(ours)[:500]!r}, instead of {str(theirs)[:500]!r}"


class TooSlow(BaseException):
    """A call took too long; no library catches this."""


def _stop(*_: Any) -> None:
    raise TooSlow
