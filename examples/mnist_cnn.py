"""A LeNet on pictures of MNIST's shape, 28x28: scikit-learn's real digits, made larger.

The schedule lowers the learning rate after each epoch, as PyTorch's own MNIST example does.
"""

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F
from tapegrad.optim.lr_scheduler import StepLR
from tapegrad.utils.data import DataLoader, TensorDataset


class LeNet(nn.Module):
    """Two convolutions with pooling, dropout, two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.dropout = nn.Dropout(0.3)
        self.fc1 = nn.Linear(16 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(batch, 1, 28, 28)`` to log-probabilities ``(batch, 10)``."""
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout(torch.flatten(x, 1))
        return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)


def enlarge(images: torch.Tensor) -> torch.Tensor:
    """``(batch, 64)`` to ``(batch, 1, 28, 28)``."""
    return F.interpolate(images.view(-1, 1, 8, 8), size=(28, 28), mode="bilinear")


@torch.no_grad()
def accuracy(model: nn.Module, batches: DataLoader) -> float:
    """Return the share of images whose highest score is at their label."""
    model.eval()
    right = sum((model(images).argmax(1) == labels).sum().item() for images, labels in batches)
    model.train()
    return right / len(batches.dataset)


def main() -> None:
    """Train, and report the accuracy on held-out digits."""
    run = Run("LeNet on 28x28", epochs=4)
    torch.manual_seed(run.seed)
    images, labels, test_images, test_labels = map(torch.from_numpy, load_split(range(10)))
    batches = DataLoader(TensorDataset(enlarge(images), labels), batch_size=64, shuffle=True)
    test = DataLoader(TensorDataset(enlarge(test_images), test_labels), batch_size=256)
    model = LeNet()
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    before = accuracy(model, test)
    for _ in run.steps(run.epochs):
        for batch, targets in batches:
            optimizer.zero_grad()
            loss = F.nll_loss(model(batch), targets)
            loss.backward()
            optimizer.step()
            run.note(loss.item())
        scheduler.step()
    run.report("held-out accuracy", before, accuracy(model, test))


if __name__ == "__main__":
    main()
