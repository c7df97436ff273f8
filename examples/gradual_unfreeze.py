"""Move a network to digits it has never seen, 5 to 9, unfreezing it from the top.

It is trained on the digits 0 to 4 first, or read from ``--weights``. Then each epoch trains one
layer group more, the lower ones at lower rates (Howard and Ruder 2018). A table compares that with
a new head alone, low-rank parts, and all weights at once, for as many epochs.
"""

import argparse
import copy
import time
from collections.abc import Callable
from pathlib import Path

from comparison import Row, count_trained, peak_megabytes, print_table, step
from digits import Split, load_split
from harness import Run

import tapegrad as torch
from tapegrad import finetune, nn, optim
from tapegrad.utils.data import DataLoader, TensorDataset

BATCH = 32
Prepared = tuple[optim.Optimizer, Callable[[], object]]


def network() -> nn.Module:
    """Three convolutions with batch norm and a head: ``(batch, 64)`` to ``(batch, 5)``."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, stride=2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 4 * 4, 5),
    )  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the command line name a trained network, and how many digits it is moved with."""
    parser.add_argument("--weights", type=Path, help="state of the network, in place of training")
    parser.add_argument("--images", type=int, default=200, help="digits 5 to 9 to train on")


def train_epoch(model: nn.Module, optimizer: optim.Optimizer, data: TensorDataset) -> list[float]:
    """Pass over the digits once; give the losses."""
    model.train()
    batches = DataLoader(data, batch_size=BATCH, shuffle=True)
    return [step(model, optimizer, *batch) for batch in batches]


@torch.no_grad()
def accuracy(model: nn.Module, split: Split) -> float:
    """Give the share of held-out digits whose highest score is at their label."""
    images, labels = map(torch.from_numpy, split[2:])
    return (model.eval()(images).argmax(1) == labels).float().mean().item()


def pretrained(weights: Path | None) -> nn.Module:
    """Give a network that knows the digits 0 to 4."""
    model = network()
    if weights is not None:
        model.load_state_dict(torch.load(weights))
        return model
    data = TensorDataset(*map(torch.from_numpy, load_split(range(5))[:2]))
    optimizer = optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(5):
        train_epoch(model, optimizer, data)
    return model


def nothing_more() -> None:
    """What most ways do after an epoch."""


def head_alone(model: nn.Module, head: nn.Module) -> Prepared:
    """Train the new head, and nothing below it."""
    finetune.freeze(model, except_="11")
    return optim.AdamW(head.parameters(), lr=5e-3), nothing_more


def with_lora(model: nn.Module, head: nn.Module) -> Prepared:
    """Train the head, and low-rank parts of the convolutions."""
    finetune.add_lora(model, ["1", "4", "7"], rank=4, except_="11")
    return optim.AdamW(finetune.param_groups(model, 0.01), lr=5e-3), nothing_more


def all_weights(model: nn.Module, head: nn.Module) -> Prepared:
    """Train everything from the beginning."""
    return optim.AdamW(model.parameters(), lr=5e-3), nothing_more


def gradually(model: nn.Module, head: nn.Module) -> Prepared:
    """Train the head, and a group more after each epoch."""
    optimizer = optim.AdamW(head.parameters(), lr=5e-3)
    return optimizer, finetune.GradualUnfreezing(model, optimizer, factor=1.6).step


WAYS = {"head alone": head_alone, "LoRA": with_lora, "all weights": all_weights,
        "gradually": gradually}  # fmt: skip


def moved(
    name: str, known: nn.Module, data: TensorDataset, split: Split, run: Run
) -> tuple[float, Row]:
    """Train a copy of the network in one way; its accuracy before, and what it gave and cost."""
    model = copy.deepcopy(known)
    head = finetune.replace_head(model, 5)
    optimizer, after_epoch = WAYS[name](model, head)
    before = accuracy(model, split)
    start = time.perf_counter()
    for epoch in range(run.epochs):
        groups, losses = len(optimizer.param_groups), train_epoch(model, optimizer, data)
        if name == "gradually":
            for loss in losses:
                run.note(loss)
            print(f"epoch {epoch + 1}, {groups} groups trained: {accuracy(model, split):.4f}")
        after_epoch()
    seconds, reached = time.perf_counter() - start, accuracy(model, split)
    megabytes = peak_megabytes(lambda: step(model.train(), optimizer, *data[:BATCH]))
    return before, Row(name, count_trained(model), reached, seconds, megabytes)


def main() -> None:
    """Move the network in each way, and compare them on digits never seen."""
    run = Run("Gradual unfreezing on the digits 5 to 9", epochs=5, add_options=add_options)
    torch.manual_seed(run.seed)
    known, split = pretrained(run.chosen.weights), load_split(range(5, 10))
    images, labels = (torch.from_numpy(one[: run.chosen.images]) for one in split[:2])
    data, table = TensorDataset(images, labels), []
    for name in WAYS:
        before, row = moved(name, known, data, split, run)
        table.append(row)
    print_table(table)
    run.report("held-out accuracy", before, table[-1].accuracy)


if __name__ == "__main__":
    main()
