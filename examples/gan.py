"""Two networks against each other: one draws points, the other tells them from real ones.

The real points lie on eight islands around a circle. What is reported is the share of drawn points
that land on an island. Source: Goodfellow et al. 2014.
"""

import math

from harness import Run

import tapegrad as torch
from tapegrad import nn, optim

N_ISLANDS, SPREAD = 8, 0.1


def islands() -> torch.Tensor:
    """The centres, ``(N_ISLANDS, 2)``."""
    angles = torch.arange(N_ISLANDS) * (2 * math.pi / N_ISLANDS)
    return torch.stack([angles.cos(), angles.sin()], dim=1) * 2


def real(n: int) -> torch.Tensor:
    """Draw real points, ``(n, 2)``."""
    return islands()[torch.randint(N_ISLANDS, (n,))] + SPREAD * torch.randn(n, 2)


def network(n_in: int, n_out: int) -> nn.Module:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(n_in, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2),
        nn.Linear(96, n_out),
    )


@torch.no_grad()
def on_islands(generator: nn.Module) -> float:
    """Return the share of drawn points within five standard deviations of a centre."""
    nearest = torch.cdist(generator(torch.randn(1000, 4)), islands()).min(dim=1).values
    return (nearest < 5 * SPREAD).float().mean().item()


def main() -> None:
    """Train both, in turns."""
    run = Run("Generative adversarial networks", epochs=1500)
    torch.manual_seed(run.seed)
    generator, critic = network(4, 2), network(2, 1)
    draws = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    judges = optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    loss_function = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)
    before = on_islands(generator)
    for _ in run.steps(run.epochs):
        drawn = generator(torch.randn(128, 4))
        judges.zero_grad()
        loss = loss_function(critic(real(128)), ones)
        loss = loss + loss_function(critic(drawn.detach()), zeros)
        loss.backward()
        judges.step()
        draws.zero_grad()
        loss_function(critic(drawn), ones).backward()
        draws.step()
        run.note(loss.item())
    run.report("share of points on an island", before, on_islands(generator))


if __name__ == "__main__":
    main()
