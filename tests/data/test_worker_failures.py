"""Workers that raise, die, hang or are left alone: errors that say what happened, no remains."""

import contextlib
import gc
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

PATIENCE = 120  # seconds after which a process counts as hanging
SHARED_MEMORY = Path("/dev/shm")


class Failing:
    """Ten numbers; what a function does with index 5 goes wrong."""

    def __init__(self, fail):
        self.fail = fail

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return self.fail() if index == 5 else index


class WithMessage(Exception):
    message = "a text"

    def __init__(self, message):
        super().__init__(message)


class TwoParts(Exception):
    def __init__(self, first, second):
        super().__init__(first, second)


def loader(library, dataset, **options):
    """A loader with two forked workers and batches of two."""
    options = {"num_workers": 2, "multiprocessing_context": "fork", "batch_size": 2, **options}
    return library.utils.data.DataLoader(dataset, **options)


def raising(error):
    """A function that raises."""
    def fail(*_):
        raise error

    return fail


def error_of(library, dataset, **options):
    """What a pass over a loader raises."""
    with pytest.raises(Exception) as caught:
        list(loader(library, dataset, **options))
    return caught.value


@pytest.mark.parametrize(("error", "raised"), [
    (ValueError("boom"), ValueError), (KeyError("boom"), KeyError), (OSError("boom"), OSError),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "boom"), RuntimeError),
    (WithMessage("boom"), WithMessage), (TwoParts("boom", 2), RuntimeError),
], ids=repr)
def test_exceptions(torch, error, raised):
    """The class is the same, if one can be made of a text; the text holds the traceback."""
    caught = error_of(torch, Failing(raising(error)))
    first, second, *lines = str(caught).splitlines()

    assert type(caught) is raised
    assert first == f"Caught {type(error).__name__} in DataLoader worker process 0."
    assert second == "Original Traceback (most recent call last):"
    assert any(line.endswith("    raise error") for line in lines)
    assert any(re.match(rf"[\w.]*{type(error).__name__}: .*boom", line) for line in lines)


def test_sample_that_failed(tapegrad):
    """The end of the text says which sample it was."""
    ordered = error_of(tapegrad, Failing(raising(ValueError("boom"))))
    named = error_of(tapegrad, {"a": 1, "b": 2}, sampler=["a", "c"])
    single = error_of(tapegrad, Failing(raising(ValueError("boom"))), batch_size=None)

    assert str(ordered).endswith(
        "This was while loading the sample with index 5, number 1 of its batch.\n")
    assert str(named).endswith(
        "This was while loading the sample with index 'c', number 1 of its batch.\n")
    assert str(single).endswith("This was while loading or collating 5.\n")


@pytest.mark.parametrize("options", [
    {"collate_fn": raising(IndexError("boom"))}, {"worker_init_fn": raising(IndexError("boom"))},
    {"batch_sampler": [[1, 20]], "batch_size": 1},
], ids=["collate_fn", "worker_init_fn", "index"])
def test_other_places_that_raise(torch, options):
    """Joining samples, initialisation, and an index that is not there."""
    error = error_of(torch, list(range(10)), **options)

    assert type(error) is IndexError
    assert str(error).startswith("Caught IndexError in DataLoader worker process 0.\nOriginal Tra")


def test_stream_that_cannot_start(torch):
    """What a stream raises when it is iterated over comes from a worker too."""
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            raise ValueError("no stream")

    error = error_of(torch, Stream())

    assert type(error) is ValueError
    assert str(error).startswith("Caught ValueError in DataLoader worker process 0.\nOriginal Tr")


def test_loading_goes_on_after_an_exception(torch):
    """Only the batch that failed is missing."""
    iterator = iter(loader(torch, Failing(raising(ValueError("boom")))))
    batches = [next(iterator).tolist() for _ in range(2)]
    with pytest.raises(ValueError):
        next(iterator)
    batches += [batch.tolist() for batch in iterator]

    assert batches == [[0, 1], [2, 3], [6, 7], [8, 9]]


def test_what_cannot_be_sent_back(tapegrad):
    """A batch that cannot be pickled is an error of its worker, not a batch that never comes."""
    error = error_of(tapegrad, Failing(lambda: 0), collate_fn=lambda samples: lambda: samples)

    assert str(error).startswith(f"Caught {type(error).__name__} in DataLoader worker process 0.")


def test_tensors_with_a_history_stay_where_they_are(tapegrad):
    """A graph does not cross processes."""
    leaf = tapegrad.ones(2, requires_grad=True)
    error = error_of(tapegrad, Failing(lambda: 0), collate_fn=lambda samples: leaf * 2)

    assert type(error) is RuntimeError
    assert "Cowardly refusing to serialize non-leaf tensor which requires_grad" in str(error)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)"])
def test_worker_that_dies(torch, end):
    """Its death is noticed at once, and nothing is left behind."""
    def die():
        exec(end)

    error = error_of(torch, Failing(die))
    text = str(error)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    gc.collect()

    assert type(error) is RuntimeError
    assert re.match(r"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly", text)
    assert multiprocessing.active_children() == []


def test_sample_that_killed_its_worker(tapegrad):
    """The error names the worker, its end and the sample; the cause is in PyTorch's words."""
    killed = error_of(tapegrad, Failing(lambda: os.kill(os.getpid(), signal.SIGKILL)))
    ended = error_of(tapegrad, Failing(lambda: os._exit(3)), batch_size=3)

    assert str(killed).partition("unexpectedly")[2] == (
        ": worker 0 was killed by signal 9 (Killed) while loading the sample with index 5, "
        "number 1 of its batch")
    assert str(killed.__cause__).endswith("is killed by signal: Killed. ")
    assert "worker 1 ended with exit code 3 while loading the sample with index 5" in str(ended)
    assert "exited unexpectedly with exit code 3. Details are lost" in str(ended.__cause__)


@pytest.mark.parametrize("fail", [
    raising(ValueError("no such image")), lambda: os.kill(os.getpid(), signal.SIGKILL),
], ids=["raises", "dies"])
def test_other_workers_end_with_the_pass(tapegrad, fail):
    """Once the error is dealt with no worker is left, without waiting for the collector."""
    before = set(multiprocessing.active_children())
    gc.disable()
    try:
        with contextlib.suppress(ValueError, RuntimeError):
            for _ in loader(tapegrad, Failing(fail)):
                pass

        assert set(multiprocessing.active_children()) <= before
    finally:
        gc.enable()


def test_other_worker_goes_on(tapegrad):
    """After the error, what living workers load still comes."""
    iterator = iter(loader(tapegrad, Failing(lambda: os._exit(3)), prefetch_factor=1))
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(iterator)

    assert [6, 7] in [batch.tolist() for batch in iterator]


def test_batch_that_takes_too_long(torch):
    """A timeout is an error; the worker is not waited for."""
    dataset = Failing(lambda: time.sleep(1000))
    error = error_of(torch, dataset, timeout=0.5, num_workers=1)

    assert type(error) is RuntimeError
    assert str(error).startswith("DataLoader timed out after 0.5 seconds")


# ------------------------------------------------------------------------- whole programs

PROGRAM = """
    import importlib, os, signal, sys, time, warnings
    warnings.simplefilter("ignore")
    # A shell lets what it runs in the background, such as these tests, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch = importlib.import_module(sys.argv[1])

    class Samples:
        def __len__(self):
            return 1000

        def __getitem__(self, index):
            if index == 40:
                time.sleep({pause})
            return torch.ones(50_000)

    loader = torch.utils.data.DataLoader(Samples(), batch_size=4, num_workers=2,
                                         multiprocessing_context="fork")
    iterator = iter(loader)
    print(*[worker.pid for worker in iterator._workers], flush=True)
    kept = next(iterator)
    {then}
"""


def start(torch, then, pause=0):
    """Start a program in a session of its own; it, and the processes of its workers."""
    code = textwrap.dedent(PROGRAM).format(then=then, pause=pause)
    program = subprocess.Popen([sys.executable, "-c", code, torch.__name__],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    return program, [int(pid) for pid in program.stdout.readline().split()]


def finish(program):
    """Wait for the end of a program; its code and what it printed."""
    try:
        printed, errors = program.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        raise
    return program.returncode, printed, errors


def assert_gone(pids):
    """No process is left, except ones that only wait for init to look at them."""
    deadline = time.monotonic() + PATIENCE
    while alive := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, f"{alive} are still there"
        time.sleep(0.05)


def is_running(pid):
    # without what a sanitized run preloads, beside which ps never ends
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], env=environment,
                           capture_output=True, text=True)
    return state.stdout.strip()[:1] not in ("", "Z")


def shared_files():
    return set(os.listdir(SHARED_MEMORY)) if SHARED_MEMORY.is_dir() else set()


@pytest.mark.parametrize(("then", "code", "last_line"), [
    ("pass", 0, ""),
    ("del iterator, loader; print('done')", 0, ""),
    ("for batch in iterator: pass", 0, ""),
    ("raise ValueError('in the loop')", 1, "ValueError: in the loop"),
], ids=["held at exit", "dropped", "used up", "exception"])
def test_end_of_a_program(torch, then, code, last_line):
    """However a program ends, its workers do too, without a word, and no memory is left."""
    before = shared_files()
    program, workers = start(torch, then)
    returned, _, errors = finish(program)

    assert (returned, errors.strip().rpartition("\n")[2]) == (code, last_line)
    assert_gone(workers)
    assert shared_files() <= before


@pytest.mark.parametrize("then", ["time.sleep(1000)", "list(iterator)"], ids=["idle", "loading"])
def test_program_that_is_killed(tapegrad, then):
    """kill -9 leaves neither workers nor memory."""
    before = shared_files()
    program, workers = start(tapegrad, then)
    program.kill()
    finish(program)

    assert_gone(workers)
    assert shared_files() <= before


def test_interrupt(torch):
    """Ctrl-C, which all processes get, ends a loop at once with KeyboardInterrupt."""
    program, workers = start(torch, "print('waits', flush=True); list(iterator)", pause=1000)
    assert program.stdout.readline() == "waits\n"
    time.sleep(0.5)  # mostly reaches the sample that is slow; works anywhere else too
    os.killpg(program.pid, signal.SIGINT)
    returned, _, errors = finish(program)

    assert returned == -signal.SIGINT
    assert errors.strip().endswith("KeyboardInterrupt")
    assert_gone(workers)


def test_interrupt_of_the_program_alone(tapegrad):
    """A signal that the workers do not get ends them as well: none stays in a slow sample."""
    then = "signal.alarm(0); print('waits', flush=True); list(iterator)"
    program, workers = start(tapegrad, then, pause=1000)
    assert program.stdout.readline() == "waits\n"
    time.sleep(0.5)
    program.send_signal(signal.SIGINT)
    returned, *_ = finish(program)

    assert returned == -signal.SIGINT
    assert_gone(workers)
