"""Teach the library an operation with a derivative of its own: ``autograd.Function``.

A layer of binary neurons has no useful derivative: its step is flat everywhere. The
straight-through estimator passes the gradient on as if the step were the identity, and the network
learns nevertheless. Source: Bengio, Leonard and Courville 2013.
"""

from typing import Any

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.autograd import Function


class Step(Function):
    """1 where the input is positive, else 0; backward passes gradients where ``|x| <= 1``."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """Any shape to the same."""
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        """The gradient, cut off where the step is far away."""
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1)


class BinaryNeurons(nn.Module):
    """A module around the function."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape to the same."""
        return Step.apply(x)


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images whose highest score is at their label."""
    return (model(images).argmax(dim=1) == labels).float().mean().item()


def main() -> None:
    """Train a network of binary neurons on real digits."""
    run = Run("Binary neurons", epochs=15)
    torch.manual_seed(run.seed)
    images, labels, test_images, test_labels = map(torch.from_numpy, load_split(range(10)))
    model = nn.Sequential(
        nn.Linear(64, 128), nn.LayerNorm(128), BinaryNeurons(), nn.Linear(128, 10)
    )
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    before = accuracy(model, test_images, test_labels)
    for _ in run.steps(run.epochs):
        for batch in torch.randperm(len(images)).split(32):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            run.note(loss.item())
    run.report("held-out accuracy", before, accuracy(model, test_images, test_labels))


if __name__ == "__main__":
    main()
