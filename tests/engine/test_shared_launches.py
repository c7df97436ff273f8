"""Large launches on several threads: the results of one thread, its refusals, threads and forks."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SIZE = 300_001  # large enough to be shared, and no multiple of anything


@pytest.fixture(autouse=True)
def _threads_as_before(tapegrad: ModuleType) -> Iterator[None]:
    """Leave the number of threads as it was."""
    before = tapegrad.get_num_threads()
    yield
    tapegrad.set_num_threads(before)


def on_threads(tapegrad: ModuleType, n: int, function: Callable) -> np.ndarray:
    """What a function computes on so many threads."""
    tapegrad.set_num_threads(n)
    return function().numpy()


def places(torch: ModuleType) -> object:
    """Positions for 1,000 rows of 300 in a dimension of at least 300."""
    return torch.arange(300_000).view(1000, 300) * 7919 % 299


def slope_of_weight(torch: ModuleType, x: object) -> object:
    """The gradient of a layer norm's weight, a sum over 1,000 rows."""
    weight = torch.ones(300, requires_grad=True)
    normal = torch.nn.functional.layer_norm(x[:300_000].view(1000, 300), (300,), weight)
    return torch.autograd.grad(normal.square().sum(), weight)[0]


def bags(torch: ModuleType, weight: Any) -> Any:
    """Sums of forty rows each, some of which are in several bags."""
    index = torch.arange(4000).view(100, 40) * 7 % 1000
    return torch.nn.functional.embedding_bag(index, weight, mode="sum")


def rows_of_bags(torch: ModuleType, weight: Any) -> Any:
    """The gradient of the rows."""
    weight = weight.clone().requires_grad_()
    (bags(torch, weight) ** 2).sum().backward()
    return weight.grad


CASES = {
    "addition": lambda torch, x: x + x.flip(0),
    "exponential": lambda torch, x: x.exp(),
    "comparison": lambda torch, x: x > x.flip(0),
    "conversion": lambda torch, x: x.to(torch.int32),
    "choice": lambda torch, x: torch.where(x > 0, x, 0 * x),
    "column": lambda torch, x: x[:300_000].view(1000, 300).t() * 2,
    "row to each row": lambda torch, x: x[:300_000].view(1000, 300) + x[:300],
    "column to each": lambda torch, x: x[:300_000].view(1000, 300) * x[:1000].view(-1, 1),
    "turned and not": lambda torch, x: x[:250_000].view(500, 500).t() - x[1:250_001].view(500, 500),
    "four dimensions": lambda torch, x: (
        x[:300_000].view(20, 30, 50, 10).transpose(0, 2) * x[:500].view(50, 1, 1, 10)),
    "part in place": lambda torch, x: x[:300_000].clone().view(1000, 300)[:, 1:].mul_(x[:299]),
    "power": lambda torch, x: x ** 2,
    "inner product": lambda torch, x: x.dot(x.flip(0)),
    "turned copy": lambda torch, x: x[:300_000].view(1000, 300).t().contiguous(),
    "permuted copy": lambda torch, x: x[:300_000].view(50, 60, 100).permute(2, 0, 1).contiguous(),
    "rows": lambda torch, x: x[:300_000].view(1000, 300).softmax(1),
    "sums": lambda torch, x: x[:300_000].view(1000, 300).sum(1),
    "gradient of a weight": slope_of_weight,
    "sums of columns": lambda torch, x: x[:300_000].view(1000, 300).sum(0),
    "whole sum": lambda torch, x: x.sum(),
    "whole maximum": lambda torch, x: x.max(),
    "maxima of columns": lambda torch, x: x[:300_000].view(1000, 300).amax(0),
    "places of maxima": lambda torch, x: x[:300_000].view(1000, 300).argmax(1),
    "sorted": lambda torch, x: x[:300_000].view(1000, 300).sort(1).indices,
    "largest": lambda torch, x: x[:300_000].view(1000, 300).topk(7, 1).values,
    "gathered": lambda torch, x: x[:300_000].view(1000, 300).gather(
        1, torch.arange(300_000).view(1000, 300) % 300),
    "picked along columns": lambda torch, x: x[:300_000].view(1000, 300).gather(0, places(torch)),
    "added": lambda torch, x: x[1:].view(1000, 300).scatter_add(
        1, places(torch), x[1:].view(1000, 300)),
    "added in place": lambda torch, x: x[1:].view(1000, 300).clone().scatter_add_(
        0, places(torch), x[1:].view(1000, 300)),
    "scan": lambda torch, x: x[:300_000].view(1000, 300).cumsum(1),
    "image pool": lambda torch, x: torch.nn.functional.max_pool2d(
        x[:300_000].view(1, 30, 100, 100), 3, 2, 1),
    "pool": lambda torch, x: torch.nn.functional.max_pool1d(x[:300_000].view(1, 1000, 300), 3),
    "random": lambda torch, x: torch.rand(SIZE, generator=torch.Generator().manual_seed(3)),
    "accumulation": lambda torch, x: torch.zeros(7).index_add(
        0, torch.arange(SIZE) % 7, x),
    "in place": lambda torch, x: x.clone().mul_(3).add_(x),
    "picked rows": lambda torch, x: x[:300_000].view(1000, 300)[torch.arange(2000) * 7 % 1000],
    "bags": lambda torch, x: bags(torch, x[:192_000].view(1000, 192)),
    "rows of bags": lambda torch, x: rows_of_bags(torch, x[:192_000].view(1000, 192)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n_threads", [2, 3, 8])
def test_same_bits(tapegrad: ModuleType, name: str, n_threads: int) -> None:
    """The number of threads changes no bit of a result."""
    x = tapegrad.tensor(np.random.default_rng(0).standard_normal(SIZE, dtype=np.float32))
    alone, shared = (
        on_threads(tapegrad, n, lambda: CASES[name](tapegrad, x)) for n in (1, n_threads)
    )

    assert alone.tobytes() == shared.tobytes()


def test_same_gradients(tapegrad: ModuleType) -> None:
    """The backward sweep shares its launches too."""
    data = np.random.default_rng(0).standard_normal(SIZE, dtype=np.float32)

    def gradient() -> object:
        x = tapegrad.tensor(data, requires_grad=True)
        (x.sigmoid() * x.sin()).sum().backward()
        return x.grad

    alone, shared = (on_threads(tapegrad, n, gradient) for n in (1, 4))

    assert alone.tobytes() == shared.tobytes()


@pytest.mark.parametrize("name", [
    "SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta", "ASGD",
    "Rprop", "Adafactor",
])  # fmt: skip
def test_same_steps(tapegrad: ModuleType, name: str) -> None:
    """Threads share what an optimizer does to a large parameter."""
    data = np.random.default_rng(0).standard_normal((3, SIZE), dtype=np.float32)

    def stepped() -> object:
        parameter = tapegrad.nn.Parameter(tapegrad.tensor(data[0]))
        optimizer = getattr(tapegrad.optim, name)([parameter], lr=0.01)
        for gradient in data[1:]:
            parameter.grad = tapegrad.tensor(gradient)
            optimizer.step()
        return parameter.detach()

    alone, shared = (on_threads(tapegrad, n, stepped) for n in (1, 4))

    assert alone.tobytes() == shared.tobytes()


IN_A_NEW_PROCESS = """
import os, tapegrad
tapegrad.set_num_threads(2)
before = len(os.listdir("/proc/self/task"))
{}
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads in /proc")
@pytest.mark.parametrize(("call", "n_started"), [
    ("tapegrad.conv2d(tapegrad.empty(1, 512, 7, 7), tapegrad.empty(512, 512, 3, 3))", 1),
    ("tapegrad.empty(2, 3000) @ tapegrad.empty(3000, 2000).t().contiguous().t()", 1),
    ("tapegrad.empty(40, 700) @ tapegrad.empty(700, 590)", 1),
    ("tapegrad.empty(300_000) ** 2", 1),
    ("tapegrad.empty(1000, 300) + tapegrad.empty(300)", 1),
    ("tapegrad.empty(300_000).dot(tapegrad.empty(300_000))", 1),
    ("tapegrad.nn.LSTM(1, 64).requires_grad_(False)(tapegrad.empty(30, 16, 1))", 1),
    ("tapegrad.nn.LSTM(1, 64).requires_grad_(False)(tapegrad.empty(30, 1, 1))", 0),
    ("tapegrad.nn.functional.scaled_dot_product_attention(*[tapegrad.empty(1, 4, 64, 16)] * 3)", 1),
    ("p = tapegrad.nn.Parameter(tapegrad.empty(70_000)); p.grad = tapegrad.empty(70_000); "
     "tapegrad.optim.SGD([p], 1.0).step()", 1),
    ("tapegrad.empty(3000, 256)[tapegrad.zeros(2000, dtype=tapegrad.int64)]", 1),
    ("tapegrad.nn.functional.embedding_bag(tapegrad.zeros(100, 40, dtype=tapegrad.int64), "
     "tapegrad.empty(3000, 64))", 1),
    ("tapegrad.nn.functional.embedding_bag(tapegrad.zeros(2, 3, dtype=tapegrad.int64), "
     "tapegrad.empty(30000, 64))", 0),
    ("tapegrad.empty(1, 512) @ tapegrad.empty(1000, 512).t()", 0),
    ("tapegrad.empty(1000, 512) @ tapegrad.empty(512)", 0),
])  # fmt: skip
def test_who_is_shared(tapegrad: ModuleType, call: str, n_started: int) -> None:
    """A second thread, of ours alone, is started by the first launch that is worth sharing.

    Few dimensions may be long, as in a convolution of many small planes. The threads of the BLAS
    are there from the start.
    """
    answer = subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS.format(call)], text=True,
                            capture_output=True, check=True)

    assert int(answer.stdout) == n_started, answer.stderr


def test_earliest_refusal(tapegrad: ModuleType) -> None:
    """Where several threads meet a bad index, the error names the first one."""
    tapegrad.set_num_threads(4)
    places = tapegrad.arange(1000).repeat(1, 200, 1).clone()
    for plane, place in ((60, 5060), (120, 5120), (199, 5199)):
        places[0, plane, 7] = place

    with pytest.raises(RuntimeError, match="Found an invalid max index: 5060"):
        tapegrad.nn.functional.max_unpool1d(tapegrad.ones(1, 200, 1000), places, 2)


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("bad", [-1, 1000])
def test_refusal_in_place(tapegrad: ModuleType, dim: int, bad: int) -> None:
    """A bad index among many is found before anything is written, and the first one is named."""
    tapegrad.set_num_threads(3)
    index = places(tapegrad)
    index[700, 11], index[999, 0] = bad, 2000
    target = tapegrad.zeros(1000, 300)

    with pytest.raises(RuntimeError, match=f"index {bad} is out of bounds for dimension {dim}"):
        target.scatter_add_(dim, index, tapegrad.ones(1000, 300))
    assert not bool(target.any())


def test_callers_at_once(tapegrad: ModuleType) -> None:
    """Threads of Python that launch at the same moment each get their own result."""
    tapegrad.set_num_threads(3)
    inputs = [tapegrad.full((SIZE,), float(k)) for k in range(4)]
    wrong = []

    def work(k: int) -> None:
        for _ in range(30):
            if not bool(((inputs[k] + 1) == k + 1).all()):
                wrong.append(k)

    callers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert not wrong


def _square_in_child(tapegrad: ModuleType, pipe: object) -> None:
    pipe.send(float((tapegrad.full((SIZE,), 2.0) * 2).sum()))


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_fork(tapegrad: ModuleType) -> None:
    """A forked child, which has none of its parent's threads, starts its own."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    tapegrad.set_num_threads(2)
    tapegrad.full((SIZE,), 2.0) * 2
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_square_in_child, args=(tapegrad, sender))
    child.start()

    assert receiver.poll(60), "the child hangs"
    assert receiver.recv() == 4.0 * SIZE
    child.join()
