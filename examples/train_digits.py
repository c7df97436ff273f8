"""Train a classifier on real handwritten digits, 0 to 6: ``python train_digits.py``.

Change the two import lines to PyTorch's and it runs there as it stands.
"""

import argparse
import sys
from pathlib import Path

from digits import OUTPUT, Split, load_split, save_curves, save_weights
from tqdm import tqdm

import tapegrad as torch
from tapegrad import nn, optim

CLASSES = range(7)
TARGET = 0.96
EPOCHS = 50
WEIGHTS = OUTPUT / "digits_0_to_6.npz"


class Noise(nn.Module):
    """Blur what is seen in training, so that the features found carry over to other digits."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape to the same."""
        return x + self.deviation * torch.randn_like(x) if self.training else x


class Classifier(nn.Module):
    """A body that finds features and a linear head that tells classes apart."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Noise(0.4),
            nn.Linear(64, 256), nn.ReLU(),
            nn.Linear(256, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
        )
        self.head = nn.Linear(128, n_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``(batch, 64)`` to ``(batch, n_classes)``."""
        return self.head(self.body(images))


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images whose highest score is at their label."""
    return (model(images).argmax(dim=1) == labels).float().mean().item()


def fit(
    model: nn.Module, trained: nn.Module, split: Split, epochs: int, lr: float
) -> tuple[list, list]:
    """Train one part of a model in batches of 32; return each epoch's loss and accuracy."""
    images, labels, test_images, test_labels = map(torch.from_numpy, split)
    optimizer = optim.SGD(trained.parameters(), lr=lr, momentum=0.9)
    loss_function = nn.CrossEntropyLoss()
    losses, accuracies = [], []
    bar = tqdm(range(epochs), unit="epoch")
    for _ in bar:
        trained.train()
        total = 0.0
        for batch in torch.randperm(len(images)).split(32):
            optimizer.zero_grad()
            loss = loss_function(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        model.eval()
        losses.append(total / len(images))
        accuracies.append(accuracy(model, test_images, test_labels))
        bar.set_postfix(loss=f"{losses[-1]:.4f}", accuracy=f"{accuracies[-1]:.2%}")
    return losses, accuracies


def train(epochs: int, seed: int, plot: Path) -> float:
    """Train on the digits 0 to 6, save weights and curves; return the held-out accuracy."""
    torch.manual_seed(seed)
    model = Classifier(len(CLASSES))
    losses, accuracies = fit(model, model, load_split(CLASSES), epochs, lr=0.05)
    save_weights(WEIGHTS, model.state_dict())
    save_curves(plot, "Digits 0 to 6", losses, accuracies)
    return accuracies[-1]


def options(description: str, plot: str, epochs: int) -> argparse.Namespace:
    """Read the options that both examples have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--epochs", type=int, default=epochs, help="passes over the data")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--plot", type=Path, default=OUTPUT / plot, help="picture of the curves")
    return parser.parse_args()


def main() -> None:
    """Train, report, and fail if the target is missed."""
    chosen = options("Train on the digits 0 to 6.", "train_digits.png", epochs=EPOCHS)
    reached = train(chosen.epochs, chosen.seed, chosen.plot)
    print(f"held-out accuracy on digits 0 to 6: {reached:.2%} (target {TARGET:.0%})")
    print(f"weights in {WEIGHTS}, curves in {chosen.plot}")
    if reached < TARGET:
        sys.exit("the target was missed")


if __name__ == "__main__":
    main()
