"""Balance a pole on a cart by trial and error: the policy gradient REINFORCE.

The cart and the pole are simulated here, after Barto, Sutton and Anderson 1983; the method is
Williams 1992. An episode ends when the pole leans too far, the cart leaves the track, or after 200
steps.
"""

import math

from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.distributions import Categorical

LIMIT = 200


class CartPole:
    """A cart on a track, a pole on the cart; a force to the left or to the right each step."""

    GRAVITY, POLE_MASS, TOTAL_MASS, HALF_LENGTH = 9.8, 0.1, 1.1, 0.5
    FORCE, SECONDS = 10.0, 0.02

    def __init__(self) -> None:
        self.state = ((torch.rand(4) - 0.5) / 10).tolist()

    def step(self, action: int) -> bool:
        """Push left (0) or right (1); whether the pole still stands is returned."""
        place, speed, angle, turning = self.state
        force = self.FORCE if action == 1 else -self.FORCE
        sine, cosine = math.sin(angle), math.cos(angle)
        pole = self.POLE_MASS * self.HALF_LENGTH
        push = (force + pole * turning**2 * sine) / self.TOTAL_MASS
        inertia = self.HALF_LENGTH * (4 / 3 - self.POLE_MASS * cosine**2 / self.TOTAL_MASS)
        turn = (self.GRAVITY * sine - cosine * push) / inertia
        acceleration = push - pole * turn * cosine / self.TOTAL_MASS
        self.state = [
            place + self.SECONDS * speed, speed + self.SECONDS * acceleration,
            angle + self.SECONDS * turning, turning + self.SECONDS * turn,
        ]
        return abs(self.state[0]) < 2.4 and abs(self.state[2]) < math.radians(12)


def play(policy: nn.Module) -> list[torch.Tensor]:
    """Play an episode; the log-probabilities of what was chosen are returned."""
    game, chosen, stands = CartPole(), [], True
    while stands and len(chosen) < LIMIT:
        choices = Categorical(logits=policy(torch.tensor(game.state)))
        action = choices.sample()
        chosen.append(choices.log_prob(action))
        stands = game.step(action.item())
    return chosen


def returns(n_steps: int, discount: float = 0.99) -> torch.Tensor:
    """The discounted rewards from each step on, standardised: one a step that the pole stood."""
    values, total = [], 0.0
    for _ in range(n_steps):
        total = 1 + discount * total
        values.append(total)
    found = torch.tensor(values[::-1])
    return (found - found.mean()) / (found.std(correction=0) + 1e-6)


@torch.no_grad()
def balanced(policy: nn.Module, n_episodes: int = 10) -> float:
    """Return for how many steps the pole stands on average."""
    return sum(len(play(policy)) for _ in range(n_episodes)) / n_episodes


def main() -> None:
    """Train, and report the length of an episode."""
    run = Run("REINFORCE", epochs=250)
    torch.manual_seed(run.seed)
    policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2))
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    before = balanced(policy)
    for _ in run.steps(run.epochs):
        chosen = play(policy)
        optimizer.zero_grad()
        loss = -(torch.stack(chosen) * returns(len(chosen))).mean()
        loss.backward()
        optimizer.step()
        run.note(loss.item())
    run.report("steps that the pole stands", before, balanced(policy))


if __name__ == "__main__":
    main()
