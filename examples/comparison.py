"""What the examples of fine-tuning share: a step, a table of the ways, how memory is measured."""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F


@dataclass
class Row:
    """What one way of fine-tuning cost and gave."""

    name: str
    trained: int
    accuracy: float
    seconds: float
    megabytes: float


def step(model: nn.Module, optimizer: optim.Optimizer, images: torch.Tensor,
         labels: torch.Tensor) -> float:  # fmt: skip
    """Learn from a batch; give the loss."""
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def count_trained(model: nn.Module) -> int:
    """Count the numbers that training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def peak_megabytes(work: Callable[[], object]) -> float:
    """Give the most memory that some work holds at a time, beyond what was there before."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def print_table(rows: list[Row]) -> None:
    """Print a line a way."""
    print(f"{'trained':12} {'numbers':>11} {'accuracy':>9} {'seconds':>8} {'MB a step':>10}")
    for row in rows:
        print(f"{row.name:12} {row.trained:11,} {row.accuracy:9.4f} {row.seconds:8.1f} "
              f"{row.megabytes:10.1f}")  # fmt: skip
