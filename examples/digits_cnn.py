"""Tell handwritten digits apart with a small convolutional network, batch norm and AdamW."""

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.utils.data import DataLoader, TensorDataset


def network() -> nn.Module:
    """Two convolutions, each with batch norm, and a linear head: ``(batch, 1, 8, 8)`` to scores."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(32 * 4 * 4, 10),
    )


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images whose highest score is at their label."""
    model.eval()
    right = (model(images).argmax(dim=1) == labels).float().mean().item()
    model.train()
    return right


def main() -> None:
    """Train, and report the accuracy on held-out digits."""
    run = Run("Digits, convolutional", epochs=8)
    torch.manual_seed(run.seed)
    images, labels, test_images, test_labels = map(torch.from_numpy, load_split(range(10)))
    images, test_images = images.view(-1, 1, 8, 8), test_images.view(-1, 1, 8, 8)
    batches = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True)
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=2e-3)
    before = accuracy(model, test_images, test_labels)
    for _ in run.steps(run.epochs):
        for batch, targets in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(batch), targets)
            loss.backward()
            optimizer.step()
            run.note(loss.item())
    run.report("held-out accuracy", before, accuracy(model, test_images, test_labels))


if __name__ == "__main__":
    main()
