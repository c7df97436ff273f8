"""The tape under threads and forks: modes of their own, shared graphs, shared leaves."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

import pytest

FORKING = """
import os
import tapegrad as torch

x = torch.ones(200, 200, requires_grad=True)
(x @ x).sum().backward()
child = os.fork()
x.grad = None
(x @ x).sum().backward()
if child == 0:
    os._exit(int(x.grad[0, 0].item() != 400.0))
print(x.grad[0, 0].item(), os.waitpid(child, 0)[1])
"""
THREADS = """
import os
import numpy
before = len(os.listdir("/proc/self/task"))
import tapegrad as torch
x = torch.ones(1000, requires_grad=True)
(x * x).sum().backward()
print(len(os.listdir("/proc/self/task")) - before)
"""


def in_thread(function):
    """Run a function in a thread of its own and give its result."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_grad_mode_is_local(torch):
    """A new thread starts with recording on; what it switches stays with it."""
    with torch.no_grad():
        assert in_thread(torch.is_grad_enabled)
    in_thread(lambda: torch.set_grad_enabled(False))

    assert torch.is_grad_enabled()


def test_inference_mode_is_local(torch):
    """So does inference mode."""
    with torch.inference_mode():
        assert not in_thread(torch.is_inference_mode_enabled)


def test_graph_built_in_one_thread_is_swept_in_another(torch):
    """The tape belongs to the process."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = in_thread(lambda: (x * x).sum())
    in_thread(loss.backward)

    assert x.grad.tolist() == [2.0, 4.0]


def test_graph_continued_across_threads(torch):
    """A graph may be recorded in pieces by several threads, one after the other."""
    x = torch.ones((), dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(20):
        y = in_thread(lambda y=y: y * 1.5)
    y.backward()

    assert x.grad.item() == 1.5**20


def test_many_threads_accumulate_into_one_leaf(torch):
    """No share of a gradient is lost."""
    x = torch.zeros(100, dtype=torch.float64, requires_grad=True)
    barrier = Barrier(8)

    def work():
        barrier.wait()
        for _ in range(50):
            (x * 2).sum().backward()

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert x.grad.tolist() == [2.0 * 8 * 50] * 100


def test_hundreds_of_small_graphs_at_once(torch):
    """Graphs recorded and swept side by side give what they give alone."""
    def work(seed):
        x = torch.full((5,), float(seed), dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(10):
            y = y * 0.5 + x
        (y * y).sum().backward()
        return x.grad

    alone = [work(seed) for seed in range(300)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, range(300)))

    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_threads_sweep_separate_roots_over_a_shared_part(torch):
    """Sweeps that overlap keep their waiting gradients apart."""
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    shared = x + 1
    for _ in range(30):
        shared = shared + 0
    roots = [(shared * factor).sum() for factor in range(1, 9)]
    threads = [Thread(target=root.backward) for root in roots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert x.grad.tolist() == [36.0] * 3


def test_tensors_dropped_in_another_thread(torch):
    """A graph may lose its last reference in any thread."""
    x = torch.ones(3, requires_grad=True)
    kept = [x * i for i in range(200)]
    in_thread(kept.clear)
    (x * 2).sum().backward()

    assert x.grad.tolist() == [2.0] * 3


def test_error_in_one_thread_leaves_others_alone(torch):
    """A failing sweep in one thread does not disturb another's."""
    def fail():
        y = torch.ones(2, requires_grad=True) * 2
        try:
            y.backward()
        except RuntimeError as error:
            return str(error)

    x = torch.ones((), requires_grad=True)
    with ThreadPoolExecutor(4) as pool:
        failures = [pool.submit(fail) for _ in range(20)]
        passes = [pool.submit((x * 2).backward) for _ in range(20)]
        texts = [failure.result() for failure in failures]
        for task in passes:
            task.result()

    assert x.grad.item() == 40.0
    assert all(text.startswith("grad can be implicitly created") for text in texts)


def printed_by(program):
    """Run a program in a process of its own and give what it prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True, timeout=60).stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_forked_process_works_on(tapegrad):
    """Parent and child of a fork both record and sweep."""
    assert printed_by(FORKING) == "400.0 0\n"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Linux counts threads there")
def test_importing_starts_no_thread(tapegrad):
    """Neither the import nor a small sweep starts a thread."""
    assert printed_by(THREADS) == "0\n"
