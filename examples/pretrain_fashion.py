"""A ResNet-18 pretrained on five kinds of clothes, then a new head on its body for five others.

Of the new kinds it sees ten pictures each. The same head on a body that was never trained, whose
batch norms have but seen the clothes, shows what the pretraining is worth, and a head on the plain
pixels what the body is worth at all. ``--data FOLDER`` is where the four IDX files of Fashion-MNIST
lie, compressed or not; Debian's package ``dataset-fashion-mnist`` puts them into
/usr/share/datasets/fashion-mnist.
"""

import argparse
import copy
import sys
from collections.abc import Callable
from pathlib import Path

from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F
from tapegrad.utils.data import DataLoader, TensorDataset
from tapegrad.vision.datasets.mnist import read_idx
from tapegrad.vision.models import ResNet, resnet18

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
KNOWN = (0, 1, 4, 5, 7)  # T-shirts, trousers, coats, sandals, sneakers
NEW = (2, 3, 6, 8, 9)  # pullovers, dresses, shirts, bags, boots
BATCH = 64
Split = tuple[torch.Tensor, torch.Tensor]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this example asks for beside the options of all."""
    parser.add_argument("--data", type=Path, default=DEBIAN, help="folder of Fashion-MNIST")
    parser.add_argument("--samples", type=int, default=400, help="pictures a kind to pretrain with")
    parser.add_argument("--shots", type=int, default=10, help="pictures a new kind")


def clothes(folder: Path, part: str, kinds: tuple[int, ...], n: int) -> Split:
    """Return the first ``n`` pictures of each kind in a part, "train" or "t10k", and their numbers.

    Shape: ``(pictures, 3, 28, 28)``, and as many places in ``kinds``.
    """
    images, labels = (read_file(folder, f"{part}-{name}-ubyte")
                      for name in ("images-idx3", "labels-idx1"))  # fmt: skip
    places = [(labels == kind).nonzero()[:n, 0] for kind in kinds]
    targets = torch.cat([torch.full((len(one),), k) for k, one in enumerate(places)])
    chosen = images[torch.cat(places)][:, None] / 255.0
    return ((chosen - 0.286) / 0.353).expand(-1, 3, -1, -1), targets


def read_file(folder: Path, name: str) -> torch.Tensor:
    """Return the array in a file of Fashion-MNIST, or say how to get it and stop."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return torch.from_numpy(read_idx(path))
    sys.exit(f"{folder} has no {name}[.gz]: install dataset-fashion-mnist or give --data")


def pretrain(model: ResNet, data: Split, run: Run) -> None:
    """Minimise the cross-entropy by SGD, at a rate that falls to zero."""
    batches = DataLoader(TensorDataset(*data), batch_size=BATCH, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, run.epochs * len(batches))
    steps = run.steps(run.epochs * len(batches))
    for _ in range(run.epochs):
        for (images, targets), _ in zip(batches, steps, strict=False):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), targets)
            loss.backward()
            optimizer.step()
            scheduler.step()
            run.note(loss.item())
    steps.close()


@torch.no_grad()
def see(model: ResNet, images: torch.Tensor) -> None:
    """Give the batch norms the statistics of pictures, and change nothing else."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
    for batch in images.split(BATCH):
        model(batch)


@torch.no_grad()
def features(model: ResNet, images: torch.Tensor) -> torch.Tensor:
    """Return what the frozen body makes of pictures: ``(pictures, 512)``."""
    body = nn.Sequential(*list(model.children())[:-1], nn.Flatten()).eval()
    return torch.cat([body(batch) for batch in images.split(250)])


def accuracy(scores: torch.Tensor, targets: torch.Tensor) -> float:
    """Return the share of pictures whose highest score is at their kind."""
    return (scores.argmax(1) == targets).float().mean().item()


def head_on(body: Callable[[torch.Tensor], torch.Tensor], shots: Split, test: Split
            ) -> tuple[float, float]:  # fmt: skip
    """Fit a head to what a body makes of a few pictures; the accuracy before and after."""
    (vectors, targets), test = ((body(images), labels) for images, labels in (shots, test))
    head = nn.Linear(vectors.shape[1], len(NEW))
    optimizer = optim.SGD(head.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    before = accuracy(head(test[0]), test[1])
    for _ in range(200):
        optimizer.zero_grad()
        F.cross_entropy(head(vectors), targets).backward()
        optimizer.step()
    return before, accuracy(head(test[0]), test[1])


def main() -> None:
    """Pretrain, fine-tune, and report what each head reached."""
    run = Run("ResNet-18: from five kinds of clothes to five more", epochs=3,
              add_options=add_options)  # fmt: skip
    chosen = run.chosen
    known = clothes(chosen.data, "train", KNOWN, chosen.samples)
    shots = clothes(chosen.data, "train", NEW, chosen.shots)
    test = clothes(chosen.data, "t10k", NEW, 200)
    torch.manual_seed(run.seed)
    model = resnet18(num_classes=len(KNOWN))
    untrained = copy.deepcopy(model)
    pretrain(model, known, run)
    see(untrained, known[0])
    bodies = {"pixels": lambda images: images[:, 0].flatten(1)}
    bodies |= {"an untrained body": lambda images: features(untrained, images)}
    bodies |= {"the pretrained body": lambda images: features(model, images)}
    for name, body in bodies.items():
        before, after = head_on(body, shots, test)
        print(f"{chosen.shots} pictures of each new kind, a head on {name}: {after:.4f}")
    run.report("held-out accuracy on new kinds", before, after)


if __name__ == "__main__":
    main()
