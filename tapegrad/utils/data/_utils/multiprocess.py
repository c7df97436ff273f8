"""One pass over a loader with worker processes: who loads what, and in which order it is given."""

from __future__ import annotations

import itertools
import multiprocessing
import weakref
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, NoReturn

from tapegrad.utils.data._utils.failure import ExceptionWrapper
from tapegrad.utils.data._utils.iterate import _BaseDataLoaderIter
from tapegrad.utils.data._utils.team import Team
from tapegrad.utils.data._utils.worker import Job, StreamEnd, activity

if TYPE_CHECKING:
    from tapegrad.utils.data.dataloader import DataLoader

_MISSING = object()


class _Task:
    """A batch that was asked for; ``data`` once it has come."""

    __slots__ = ("data", "index", "worker")

    def __init__(self, worker: int, index: Any) -> None:
        self.worker, self.index = worker, index
        self.data: Any = _MISSING


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Keeps ``prefetch_factor`` tasks a worker in flight, dealt out to the workers in turn.

    Tasks are numbered through, over all passes: the answer to one of an earlier pass is known by
    its number, and dropped.
    """

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        if loader.prefetch_factor == 0:
            raise AssertionError(
                "prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter"
            )
        self._timeout = loader.timeout
        self._in_order = loader.in_order
        self._persistent_workers = loader.persistent_workers
        self._most_tasks = loader.prefetch_factor * loader.num_workers  # type: ignore[operator]
        self._numbers = itertools.count()
        job = Job(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last,
            self._base_seed, loader.worker_init_fn, loader.num_workers,
        )  # fmt: skip
        self._team = Team(loader.multiprocessing_context or multiprocessing, job)
        self._shutdown_workers = weakref.finalize(self, self._team.close)
        # At exit multiprocessing ends the processes, at once.
        self._shutdown_workers.atexit = False
        self._reset(loader)

    def _reset(self, loader: DataLoader) -> None:
        """Begin a pass with the workers that are there."""
        self._start_over(loader)
        self._tasks: dict[int, _Task] = {}
        self._is_active = [True] * self._num_workers
        self._n_assigned = [0] * self._num_workers
        self._turn = itertools.cycle(range(self._num_workers))
        for worker in range(self._num_workers):
            self._team.post(worker, None)
        for _ in range(self._most_tasks):
            self._assign()

    def _assign(self) -> None:
        """Hand the sampler's next index to the worker whose turn it is."""
        try:
            index = self._next_index()
        except StopIteration:
            return
        for worker in itertools.islice(self._turn, self._num_workers):
            if self._has_room(worker):
                number = next(self._numbers)
                self._tasks[number] = _Task(worker, index)
                self._n_assigned[worker] += 1
                self._team.post(worker, (number, index))
                return

    def _has_room(self, worker: int) -> bool:
        if not self._is_active[worker] or self._in_order:
            return self._is_active[worker]
        return self._n_assigned[worker] < self._most_tasks // sum(self._is_active)

    def _next_data(self) -> Any:
        while self._tasks:
            number, task = next(iter(self._tasks.items()))
            if task.data is not _MISSING:
                return self._give(number)
            if not self._is_active[task.worker]:
                del self._tasks[number]
            elif (arrived := self._collect()) is not None and not self._in_order:
                return self._give(arrived)
        if not self._persistent_workers:
            self._shutdown_workers()
        raise StopIteration

    def _collect(self) -> int | None:
        """Wait for an answer and keep it; the number of its task, if it has brought a batch."""
        worker, message = self._receive()
        if isinstance(message, EOFError):
            self._raise_death(worker)
        if isinstance(message, Exception):
            self._tasks.pop(self._current_of(worker), None)
            raise message
        number, data = message
        if number not in self._tasks:  # of an earlier pass
            return None
        if isinstance(data, StreamEnd):
            self._is_active[worker] = False
            self._assign()
            return None
        self._tasks[number].data = data
        return number

    def _receive(self) -> tuple[int, Any]:
        try:
            arrived = self._team.receive(self._timeout)
        except BaseException:  # an interrupt, which may have cut a message
            self._tasks.clear()
            self._team.close(patience=0)
            raise
        if arrived is not None:
            return arrived
        task = next(iter(self._tasks.values()))
        raise RuntimeError(
            f"DataLoader timed out after {self._timeout} seconds: worker {task.worker} "
            f"(pid {self._workers[task.worker].pid}) has not given {task.index!r}"
        )

    def _current_of(self, worker: int) -> int:
        """The number of the task that a worker is at: they are answered in their order; or -1."""
        for number, task in self._tasks.items():
            if task.worker == worker and task.data is _MISSING:
                return number
        return -1

    def _give(self, number: int) -> Any:
        """The batch of a task that is done, or the exception that came instead."""
        task = self._tasks.pop(number)
        self._n_assigned[task.worker] -= 1
        self._assign()
        if isinstance(task.data, ExceptionWrapper):
            task.data.reraise()
        return task.data

    def _raise_death(self, worker: int) -> NoReturn:
        """Say which worker has gone, how, and over which sample."""
        self._is_active[worker] = False
        theirs, ours = self._team.ending_of(worker)
        number = self._current_of(worker)
        at = ""
        if number >= 0:
            at = " " + activity(self._team.places[worker], self._tasks[number].index)
        raise RuntimeError(
            f"DataLoader worker (pid(s) {self._workers[worker].pid}) exited unexpectedly: worker "
            f"{worker} {ours}{at}"
        ) from RuntimeError(theirs)

    @property
    def _workers(self) -> list[BaseProcess]:
        return self._team.processes
