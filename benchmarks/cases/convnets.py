"""Training steps of convolutional networks, from digits to a residual block."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward, classify

family = Family("Convolutional networks")


@family.case("SGD step, CNN on 8×8 digits, batch 32", 4, has_peak=True)
def cnn_digits(torch: ModuleType) -> Step:
    """Two convolutions, a pool and a linear layer."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 16, 10))
    return classify(torch, model, torch.randn(32, 1, 8, 8), 10)


@family.case("SGD step, LeNet on 28×28, batch 64", 1.2, has_peak=True)
def lenet(torch: ModuleType) -> Step:
    """Two 5×5 convolutions, each pooled, and three linear layers."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    return classify(torch, model, torch.randn(64, 1, 28, 28), 10)


@family.case("residual block with batch norm, 32 channels, 32×32, batch 8, forward and backward",
             1.3, has_peak=True, flops=3 * 2 * 8 * 2 * 9 * 32 * 32 * 32 * 32)
def residual_block(torch: ModuleType) -> Step:
    """Two convolutions with batch norm, and what goes around them."""
    nn = torch.nn

    def convolution() -> Any:
        return nn.Conv2d(32, 32, 3, padding=1, bias=False)

    body = nn.Sequential(convolution(), nn.BatchNorm2d(32), nn.ReLU(),
                         convolution(), nn.BatchNorm2d(32))
    x = torch.randn(8, 32, 32, 32, requires_grad=True)
    return backward([x, *body.parameters()], lambda: torch.relu(body(x) + x))
