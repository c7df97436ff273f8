"""Move a network to digits it has never seen, 5 to 9, unfreezing it from the top.

It is trained on the digits 0 to 4 first, or read from ``--weights``. Then each epoch trains one
layer group more, the lower ones at lower rates (Howard and Ruder 2018).
"""

import argparse
from pathlib import Path

from digits import Split, load_split
from harness import Run

import tapegrad as torch
from tapegrad import finetune, nn, optim
from tapegrad.nn import functional as F
from tapegrad.utils.data import DataLoader, TensorDataset


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
    """Let the command line name a trained network."""
    parser.add_argument("--weights", type=Path, help="state of the network, in place of training")


def train_epoch(model: nn.Module, optimizer: optim.Optimizer, split: Split) -> list[float]:
    """Pass over the digits once; give the losses."""
    images, labels = map(torch.from_numpy, split[:2])
    losses = []
    model.train()
    for batch, targets in DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


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
    optimizer = optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(5):
        train_epoch(model, optimizer, load_split(range(5)))
    return model


def main() -> None:
    """Unfreeze group by group, and report what each epoch gave."""
    run = Run("Gradual unfreezing on the digits 5 to 9", epochs=5, add_options=add_options)
    torch.manual_seed(run.seed)
    model, split = pretrained(run.chosen.weights), load_split(range(5, 10))
    head = finetune.replace_head(model, 5)
    before = accuracy(model, split)
    optimizer = optim.AdamW(head.parameters(), lr=2e-3)
    gradual = finetune.GradualUnfreezing(model, optimizer, factor=2.6)
    for epoch in run.steps(run.epochs):
        groups = len(optimizer.param_groups)
        for loss in train_epoch(model, optimizer, split):
            run.note(loss)
        print(f"epoch {epoch + 1}, {groups} groups trained: {accuracy(model, split):.4f}")
        gradual.step()
    run.report("held-out accuracy", before, accuracy(model, split))


if __name__ == "__main__":
    main()
