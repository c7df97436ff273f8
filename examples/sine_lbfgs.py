"""Continue sine waves that the network has seen the beginning of: two LSTM cells and LBFGS.

The network learns to predict the next value of several waves at once, then runs on by itself.
"""

import math

from harness import Run

import tapegrad as torch
from tapegrad import nn, optim


class Sequence(nn.Module):
    """Two stacked cells and a linear output, stepped through time."""

    def __init__(self, n_hidden: int = 24) -> None:
        super().__init__()
        self.n_hidden = n_hidden
        self.first = nn.LSTMCell(1, n_hidden)
        self.second = nn.LSTMCell(n_hidden, n_hidden)
        self.output = nn.Linear(n_hidden, 1)

    def forward(self, waves: torch.Tensor, n_future: int = 0) -> torch.Tensor:
        """``(n, time)`` to predictions of the next values, ``(n, time + n_future)``."""
        shape = len(waves), self.n_hidden
        first = second = (torch.zeros(shape), torch.zeros(shape))
        outputs = []
        inputs = list(waves.split(1, dim=1))
        for step in range(waves.size(1) + n_future):
            value = inputs[step] if step < len(inputs) else outputs[-1]
            first = self.first(value, first)
            second = self.second(first[0], second)
            outputs.append(self.output(second[0]))
        return torch.cat(outputs, dim=1)


def main() -> None:
    """Train on the first half of each wave, and report the error on the second."""
    run = Run("Sine waves by LBFGS", epochs=6)
    torch.manual_seed(run.seed)
    phases = torch.rand(12, 1) * 2 * math.pi
    waves = torch.sin(torch.arange(80) / 5 + phases)
    seen, ahead = waves[:, :50], waves[:, 50:]
    model = Sequence()
    optimizer = optim.LBFGS(model.parameters(), lr=0.8, line_search_fn="strong_wolfe")

    @torch.no_grad()
    def error_ahead() -> float:
        continued = model(seen, n_future=29)[:, 49:]
        return nn.functional.mse_loss(continued, ahead).item()

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(seen[:, :-1]), seen[:, 1:])
        loss.backward()
        return loss

    before = error_ahead()
    for _ in run.steps(run.epochs):
        run.note(optimizer.step(closure).item())
    run.report("mean squared error 30 steps ahead", before, error_ahead())


if __name__ == "__main__":
    main()
