"""The worker processes of one loader: starting them, talking to them, ending them."""

from __future__ import annotations

import collections
import os
import pickle
import selectors
import signal
import socket
import time
import warnings
from multiprocessing.process import BaseProcess
from typing import Any

from tapegrad.utils.data._utils.channel import Channel
from tapegrad.utils.data._utils.worker import CHECK_INTERVAL, Inherited, Job, worker_loop


class Team:
    """Processes that run :func:`worker_loop`, numbered from 0."""

    def __init__(self, context: Any, job: Job) -> None:
        self.processes: list[BaseProcess] = []
        self.places = context.RawArray("q", job.num_workers)
        self._owner = os.getpid()
        self._channels: list[Channel] = []
        self._selector = selectors.PollSelector()
        self._arrived: collections.deque[tuple[int, Any]] = collections.deque()
        try:
            for worker in range(job.num_workers):
                self._start(context, worker, job)
        except BaseException:
            self.close()
            raise

    def _start(self, context: Any, worker: int, job: Job) -> None:
        ours, theirs = socket.socketpair()
        inherited = Inherited([ours, *(channel.link for channel in self._channels)])
        with theirs:
            arguments = (theirs, inherited, self.places, worker, job)
            process = context.Process(target=worker_loop, args=arguments, daemon=True)
            try:
                process.start()
            except (TypeError, AttributeError, pickle.PicklingError):
                ours.close()
                warnings.warn(_NOT_PICKLED, stacklevel=6)
                raise
        self.processes.append(process)
        self._channels.append(Channel(ours))
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def post(self, worker: int, message: Any) -> None:
        """Send a message to a worker, now or when it has room for it."""
        self._channels[worker].post(message)

    def receive(self, timeout: float) -> tuple[int, Any] | None:
        """A worker's number and its next message; None if none comes in time, 0 being for ever.

        In place of a message there is the exception that reading it raised: EOFError is that of a
        worker that has gone.
        """
        deadline = time.monotonic() + timeout if timeout else float("inf")
        while not self._arrived:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._wait(min(left, CHECK_INTERVAL))
        return self._arrived.popleft()

    def _wait(self, seconds: float) -> None:
        """Take what has arrived, and send what was kept back."""
        for key in list(self._selector.get_map().values()):
            wants_room = bool(self._channels[key.data].unsent)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wants_room else 0)
            if key.events != events:
                self._selector.modify(key.fileobj, events, key.data)
        ready = self._selector.select(seconds)
        for key, events in ready:
            if events & selectors.EVENT_WRITE:
                self._channels[key.data].flush()
            if events & selectors.EVENT_READ:
                self._take(key.data)
        if not ready:
            self._look_for_dead()

    def _take(self, worker: int) -> None:
        try:
            self._arrived.append((worker, self._channels[worker].receive()))
        except EOFError:
            self._drop(worker)
        except Exception as error:
            self._arrived.append((worker, error))

    def _look_for_dead(self) -> None:
        """A connection stays open if a process that a worker started holds it."""
        for key in list(self._selector.get_map().values()):
            if not self.processes[key.data].is_alive():
                self._drop(key.data)

    def _drop(self, worker: int) -> None:
        self._selector.unregister(self._channels[worker].link)
        # A new one: a traceback would hold the team, and with it the other workers.
        self._arrived.append((worker, EOFError()))

    def ending_of(self, worker: int) -> tuple[str, str]:
        """How a process ended, in PyTorch's words and in ours."""
        process = self.processes[worker]
        process.join(CHECK_INTERVAL)
        code = process.exitcode
        if code is None or code >= 0:
            return _EXITED.format(pid=process.pid, code=code), f"ended with exit code {code}"
        name = signal.strsignal(-code)
        return _KILLED.format(pid=process.pid, name=name), f"was killed by signal {-code} ({name})"

    def close(self, patience: float = CHECK_INTERVAL) -> None:
        """End all processes; those that go on for longer are killed. Safe to call again."""
        if os.getpid() != self._owner:  # a process that was forked has copies, but no children
            return
        for channel in self._channels:
            channel.close()
        deadline = time.monotonic() + patience
        for process in self.processes:
            process.join(max(0.0, deadline - time.monotonic()))
        for end in (BaseProcess.terminate, BaseProcess.kill):
            for process in self.processes:
                if process.is_alive():
                    end(process)
                    process.join(CHECK_INTERVAL)


_KILLED = "DataLoader worker (pid {pid}) is killed by signal: {name}. "
_EXITED = (
    "DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. Details are lost "
    "due to multiprocessing. Rerunning with num_workers=0 may give better error trace."
)
_NOT_PICKLED = (
    "Got pickle error when attempting to start a worker Process. "
    "This might be because the worker Process arguments are not picklable. "
    "Python 3.14+ changed the multiprocessing start method in non-Mac POSIX platforms "
    "to 'forkserver', which requires the worker Process arguments to be picklable. "
    "You can also try multiprocessing.set_start_method('fork')."
)
