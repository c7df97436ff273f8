"""What a worker process does: load the batches that its loader asks for."""

from __future__ import annotations

import functools
import os
import random
import select
import socket
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.random  # not in the worker: a forked process should import nothing

from tapegrad._threads import set_num_threads
from tapegrad.ops.generators import manual_seed
from tapegrad.utils.data._utils.channel import Channel, packed
from tapegrad.utils.data._utils.failure import ExceptionWrapper
from tapegrad.utils.data._utils.fetch import WHOLE, create_fetcher
from tapegrad.utils.data._utils.info import WorkerInfo, set_worker_info
from tapegrad.utils.data.dataset import IterableDataset

# Seconds between two looks at whether the other process is still there.
CHECK_INTERVAL = 5.0


class StreamEnd:
    """Sent in place of a batch by a worker whose stream has ended."""


@dataclass(frozen=True)
class Job:
    """What all workers of a loader have in common."""

    dataset: Any
    auto_collation: bool
    collate_fn: Callable
    drop_last: bool
    base_seed: int
    init_fn: Callable[[int], None] | None
    num_workers: int


class Inherited(list):
    """Sockets that a forked process has copies of, and does not want; no other process has any."""

    def __reduce__(self) -> tuple:
        return Inherited, ()


def worker_loop(
    link: socket.socket,
    inherited: Inherited,
    places: MutableSequence[int],
    worker_id: int,
    job: Job,
) -> None:
    """Answer tasks ``(number, indices)`` with ``(number, batch)`` until the loader has gone.

    The task None starts the dataset over. ``places`` is memory that the loader reads.
    """
    parent = os.getppid()
    for copy in inherited:
        copy.close()
    channel = Channel(link)
    try:
        worker = _Worker(worker_id, job, _Place(places, worker_id))
        while True:
            task = _next_task(channel, parent)
            if task is None:
                worker.start_over()
            elif not worker.has_ended:
                _answer(channel, worker, *task)
    except (KeyboardInterrupt, EOFError, ConnectionError):
        pass  # the loader has ended, or gets the interrupt itself
    finally:
        link.close()


def _next_task(channel: Channel, parent: int) -> Any:
    """The next task. Raises EOFError if there is no loader any more.

    The connection stays open if another process of the program holds the loader's end.
    """
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while not poll.poll(CHECK_INTERVAL * 1000):
        if os.getppid() != parent:
            raise EOFError
    return channel.receive()


def _answer(channel: Channel, worker: _Worker, number: int, index: Any) -> None:
    result = worker.load(index)
    try:
        parts = packed((number, result))
    except Exception as error:
        parts = packed((number, worker.failure(error, index)))
    channel.send(parts)


class _Place:
    """One of several numbers in shared memory, as the sequence that a fetcher writes to."""

    def __init__(self, places: MutableSequence[int], worker_id: int) -> None:
        self.places, self.worker_id = places, worker_id

    def __getitem__(self, index: int) -> int:
        return self.places[self.worker_id]

    def __setitem__(self, index: int, value: int) -> None:
        self.places[self.worker_id] = value


class _Worker:
    """Seeds, initialisation, and a fetcher for each pass over the dataset."""

    def __init__(self, worker_id: int, job: Job, place: _Place) -> None:
        self.worker_id, self.job, self.place = worker_id, job, place
        self.has_ended = False
        self._refusal: ExceptionWrapper | None = None
        set_num_threads(1)
        seed = job.base_seed + worker_id
        random.seed(seed)
        manual_seed(seed)
        numpy.random.seed(numpy_seed(job.base_seed, worker_id))
        set_worker_info(WorkerInfo(worker_id, job.num_workers, seed, job.dataset))
        if job.init_fn is not None:
            self._attempt(functools.partial(job.init_fn, worker_id))

    def start_over(self) -> None:
        """Begin another pass."""
        self.has_ended = False
        self._attempt(self._make_fetcher)

    def _make_fetcher(self) -> None:
        job = self.job
        self.fetcher = create_fetcher(
            job.dataset, job.auto_collation, job.collate_fn, job.drop_last, self.place
        )

    def _attempt(self, function: Callable[[], Any]) -> None:
        """Call a function unless one failed before; every task is answered with the failure."""
        if self._refusal is None:
            try:
                function()
            except Exception as error:
                self._refusal = self.failure(error)

    def load(self, index: Any) -> Any:
        """The batch of a task; or why there is none."""
        if self._refusal is not None:
            return self._refusal
        try:
            return self.fetcher.fetch(index)
        except StopIteration as error:
            if not isinstance(self.job.dataset, IterableDataset):
                return self.failure(error, index)
            self.has_ended = True
            return StreamEnd()
        except Exception as error:
            return self.failure(error, index)

    def failure(self, error: Exception, index: Any = None) -> ExceptionWrapper:
        """An exception with what this worker was at."""
        where = f"in DataLoader worker process {self.worker_id}"
        note = "" if index is None else f"This was {activity(self.place[0], index)}.\n"
        self.place[0] = WHOLE
        return ExceptionWrapper(error, where, note)


def numpy_seed(base_seed: int, worker_id: int) -> np.ndarray:
    """The seed of NumPy's generator in a worker, apart from that of Python's.

    Source: O'Neill 2015, https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html
    """
    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return numpy.random.SeedSequence(entropy).generate_state(4)


def activity(place: int, index: Any) -> str:
    """What a worker is doing at a place in a task."""
    if place == WHOLE:
        return f"while loading or collating {index!r}"
    sample = list(index)[place]
    which = "" if sample is None else f" with index {sample!r},"
    return f"while loading the sample{which} number {place} of its batch"
