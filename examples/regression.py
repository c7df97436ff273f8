"""Predict the progress of diabetes from ten measurements of 442 real patients.

A linear layer, weight decay and full-batch gradient descent: the smallest training loop there is.
"""

from harness import Run
from sklearn.datasets import load_diabetes

import tapegrad as torch
from tapegrad import nn, optim


def load(n_train: int) -> tuple[torch.Tensor, ...]:
    """Give inputs and standardised targets to train and to test on."""
    inputs, targets = load_diabetes(return_X_y=True)
    inputs = torch.tensor(inputs / inputs.std(axis=0), dtype=torch.float32)
    targets = torch.tensor((targets - targets.mean()) / targets.std(), dtype=torch.float32)
    order = torch.randperm(len(targets))
    inputs, targets = inputs[order], targets[order].unsqueeze(1)
    return inputs[:n_train], targets[:n_train], inputs[n_train:], targets[n_train:]


@torch.no_grad()
def explained(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Return the share of the targets' variance that the model explains."""
    error = (model(inputs) - targets).square().mean()
    return (1 - error / targets.var(correction=0)).item()


def main() -> None:
    """Fit, and report the variance explained on patients never seen."""
    run = Run("Diabetes regression", epochs=300)
    torch.manual_seed(run.seed)
    inputs, targets, test_inputs, test_targets = load(n_train=350)
    model = nn.Linear(10, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.05, weight_decay=1e-2)
    before = explained(model, test_inputs, test_targets)
    for _ in run.steps(run.epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
        run.note(loss.item())
    run.report("variance explained", before, explained(model, test_inputs, test_targets))


if __name__ == "__main__":
    main()
