"""Learn whether two pictures show the same digit, without being told which digits they are.

A siamese network maps pictures so that equal digits lie close together and others at least a margin
apart. Source: Hadsell, Chopra and LeCun 2006.
"""

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F

MARGIN = 1.0


class Embedding(nn.Module):
    """Pictures to unit vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 16)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``(batch, 64)`` to ``(batch, 16)``."""
        return F.normalize(self.layers(images), dim=1)


def pairs(labels: torch.Tensor, n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw positions of pairs, half of them of equal digits; and which are equal."""
    first = torch.randint(len(labels), (n,))
    same = torch.rand(n) < 0.5
    fits = (labels[first].unsqueeze(1) == labels) == same.unsqueeze(1)
    return first, torch.multinomial(fits.float(), 1).squeeze(1), same


def contrastive(distance: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """``d²`` for equal digits, ``max(margin - d, 0)²`` for others."""
    return torch.where(same, distance**2, F.relu(MARGIN - distance) ** 2).mean()


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of balanced pairs that a threshold on the distance tells apart."""
    first, second, same = pairs(labels, 2000)
    distance = F.pairwise_distance(model(images[first]), model(images[second]))
    return ((distance < MARGIN / 2) == same).float().mean().item()


def main() -> None:
    """Train on pairs, and report how well pairs of held-out pictures are told apart."""
    run = Run("Siamese digits", epochs=400)
    torch.manual_seed(run.seed)
    images, labels, test_images, test_labels = map(torch.from_numpy, load_split(range(10)))
    model = Embedding()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    before = accuracy(model, test_images, test_labels)
    for _ in run.steps(run.epochs):
        first, second, same = pairs(labels, 64)
        optimizer.zero_grad()
        distance = F.pairwise_distance(model(images[first]), model(images[second]))
        loss = contrastive(distance, same)
        loss.backward()
        optimizer.step()
        run.note(loss.item())
    run.report("held-out pairs told apart", before, accuracy(model, test_images, test_labels))


if __name__ == "__main__":
    main()
