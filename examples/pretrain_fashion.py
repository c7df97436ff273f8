"""A ResNet-18 pretrained on Fashion-MNIST, then a new head on its frozen body for 200 digits.

``--data FOLDER`` is where the four IDX files of Fashion-MNIST lie, compressed or not; Debian's
package ``dataset-fashion-mnist`` puts them into /usr/share/datasets/fashion-mnist. The digits are
scikit-learn's. The same head on an untrained body shows what the pretraining was worth: after the
few pictures and passes of the default nothing yet, as random features tell digits apart too.
"""

import argparse
import sys
from pathlib import Path

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F
from tapegrad.utils.data import DataLoader, TensorDataset
from tapegrad.vision.datasets.mnist import read_idx
from tapegrad.vision.models import ResNet, resnet18

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
HEAD_EPOCHS = 40
DIGITS = 200


def options(parser: argparse.ArgumentParser) -> None:
    """Add what this example asks for beside the options of all."""
    parser.add_argument("--data", type=Path, default=DEBIAN, help="folder of Fashion-MNIST")
    parser.add_argument("--samples", type=int, default=2000, help="pictures to pretrain with")


def fashion(folder: Path, kind: str, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the first pictures and classes of a part: "train" or "t10k"."""
    arrays = []
    for name in (f"{kind}-images-idx3-ubyte", f"{kind}-labels-idx1-ubyte"):
        paths = [path for path in (folder / name, folder / f"{name}.gz") if path.exists()]
        if not paths:
            sys.exit(f"{folder} has no {name}[.gz]: install dataset-fashion-mnist or give --data")
        arrays.append(torch.from_numpy(read_idx(paths[0])[:n]))
    return as_batch(arrays[0] / 255.0), arrays[1].long()


def as_batch(images: torch.Tensor) -> torch.Tensor:
    """``(n, height, width)`` of values up to 1 to normalised ``(n, 3, 28, 28)``."""
    images = images[:, None].float()
    if images.shape[-1] != 28:
        images = F.interpolate(images, size=(28, 28), mode="bilinear")
    return ((images - 0.286) / 0.353).expand(-1, 3, -1, -1)


def train(model: nn.Module, parameters: list, batches: DataLoader, run: Run, epochs: int) -> None:
    """Minimise the cross-entropy by SGD, at a rate that falls to zero."""
    optimizer = optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=5e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(batches))
    steps = run.steps(epochs * len(batches))
    for _ in range(epochs):
        for images, targets in batches:
            next(steps)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), targets)
            loss.backward()
            optimizer.step()
            scheduler.step()
            run.note(loss.item())
    steps.close()


@torch.no_grad()
def applied(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Return what a model gives in eval mode, batch by batch."""
    model.eval()
    return torch.cat([model(batch) for batch in images.split(250)])


def accuracy(scores: torch.Tensor, targets: torch.Tensor) -> float:
    """Return the share of pictures whose highest score is at their class."""
    return (scores.argmax(1) == targets).float().mean().item()


def head_on_frozen(model: ResNet, run: Run) -> tuple[float, float]:
    """Train a new head on a frozen body with a few digits; return the accuracy on others, before
    and after.
    """
    images, labels, test_images, test_labels = map(torch.from_numpy, load_split(range(10)))
    body = nn.Sequential(*list(model.children())[:-1], nn.Flatten()).requires_grad_(False)
    features, test_features = (
        applied(body, as_batch(part.view(-1, 8, 8))) for part in (images[:DIGITS], test_images)
    )
    head = nn.Linear(model.fc.in_features, 10)
    batches = DataLoader(TensorDataset(features, labels[:DIGITS]), batch_size=64, shuffle=True)
    before = accuracy(applied(head, test_features), test_labels)
    train(head, list(head.parameters()), batches, run, HEAD_EPOCHS)
    return before, accuracy(applied(head, test_features), test_labels)


def main() -> None:
    """Pretrain, fine-tune, and report both accuracies."""
    run = Run("ResNet-18: from clothes to digits", epochs=2, add_options=options)
    images, targets = fashion(run.chosen.data, "train", run.chosen.samples)
    test_images, test_targets = fashion(run.chosen.data, "t10k", max(run.chosen.samples // 6, 1))
    torch.manual_seed(run.seed)
    _, on_untrained = head_on_frozen(resnet18(num_classes=10), run)
    model = resnet18(num_classes=10)
    batches = DataLoader(TensorDataset(images, targets), batch_size=64, shuffle=True)
    train(model, list(model.parameters()), batches, run, run.epochs)
    on_clothes = accuracy(applied(model, test_images), test_targets)
    print(f"held-out accuracy on clothes: {on_clothes:.4f} after pretraining")
    before, after = head_on_frozen(model, run)
    print(f"held-out accuracy on digits: {on_untrained:.4f} with a body that was never trained")
    run.report("held-out accuracy on digits, new head", before, after)


if __name__ == "__main__":
    main()
