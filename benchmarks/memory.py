"""What is counted rather than raced: import time, memory kept and memory that must not grow.

Each probe is a short program run in a fresh process, which prints its figure.
"""

import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.runner import environment

RESIDENT = """
def resident():
    "Bytes of this process in memory; where the system does not tell, the most there ever were."
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

IMPORT = f"""
import resource, sys, time
import numpy
{RESIDENT}
memory, start = resident(), time.perf_counter()
import LIBRARY
print((time.perf_counter() - start) * 1e3, (resident() - memory) / 1e6)
"""

SET_UP = f"""
import gc, resource, sys
import LIBRARY as torch
from LIBRARY import nn, optim
{RESIDENT}
x, w = torch.ones(10), torch.ones(10, requires_grad=True)
"""

KEPT = SET_UP + """
few = [w.sum() for _ in range(1000)]
before = resident()
kept = [w.sum() for _ in range(1_000_000)]
print((resident() - before) / 1_000_000)
"""

DROPPED = SET_UP + """
def forward(times):
    for _ in range(times):
        (x * w).tanh().sum()
forward(10_000)
before = resident()
forward(1_000_000)
print((resident() - before) / 1e6)
"""

TRAINING = SET_UP + """
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
loss_function, x, labels = nn.CrossEntropyLoss(), torch.randn(4, 8), torch.randint(2, (4,))
def train(steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_function(model(x), labels).backward()
        optimizer.step()
train(1000)
before = resident()
train(10_000)
print((resident() - before) / 1e6)
"""

CYCLES = SET_UP + """
class KeepsItsOutput(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.out = x * 2
        return ctx.out
    @staticmethod
    def backward(ctx, g):
        return g * 2
def cycles(times):
    for _ in range(times):
        KeepsItsOutput.apply(w)
        leaf = torch.ones(10, requires_grad=True)
        leaf.register_hook(lambda g, leaf=leaf: None)
        leaf * 2
    gc.collect()
cycles(50_000)
before = resident()
cycles(100_000)
print((resident() - before) / 1e6)
"""


@dataclass(frozen=True)
class Probe:
    """A program, what its figures mean and how large each may be; below 1 MB counts as flat."""

    program: str
    figures: tuple[tuple[str, str, float], ...]  # title, unit, limit


PROBES = {
    "import": Probe(IMPORT, (("`import`, beyond NumPy's time", "ms", 60),
                             ("`import`, beyond NumPy's memory", "MB", 10))),
    "kept": Probe(KEPT, (("each of 1,000,000 kept one-op losses", "bytes", 500),)),
    "dropped": Probe(DROPPED, (("growth over 1,000,000 dropped forward passes", "MB", 1),)),
    "training": Probe(TRAINING, (("growth over 10,000 training steps", "MB", 1),)),
    "cycles": Probe(CYCLES, (("growth over 100,000 Functions holding their output "
                              "and hooks holding their leaf", "MB", 1),)),
}


def as_installed() -> dict[str, str]:
    """Return an environment in which bytecode is kept, as for an installed package."""
    settings = environment(threads=1)
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return settings


def run(probe: Probe, library: str) -> list[float]:
    """Run a probe once in a fresh process; return its figures."""
    command = [sys.executable, "-c", probe.program.replace("LIBRARY", library)]
    result = subprocess.run(command, capture_output=True, text=True, check=True,
                            env=as_installed())
    return [float(figure) for figure in result.stdout.split()]


def medians(probe: Probe, library: str, times: int) -> list[float]:
    """Run a probe ``times`` times after one that fills the file cache; return the medians."""
    if times > 1:
        run(probe, library)
    runs = [run(probe, library) for _ in range(times)]
    return [median(figures) for figures in zip(*runs, strict=True)]
