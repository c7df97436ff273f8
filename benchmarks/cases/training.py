"""What the cases of whole models share: a training step as a user writes it."""

from types import ModuleType
from typing import Any

from benchmarks.case import Step


def classify(torch: ModuleType, model: Any, x: Any, n_classes: int, optimizer: str = "SGD") -> Step:
    """Return a step that fits the model to random labels of ``x``."""
    labels = torch.randint(n_classes, (len(x),))
    loss_function = torch.nn.CrossEntropyLoss()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    chosen = getattr(torch.optim, optimizer)(trained, lr=0.001)

    def step() -> None:
        chosen.zero_grad()
        loss = loss_function(model(x), labels)
        loss.backward()
        chosen.step()

    return step


def predict(torch: ModuleType, model: Any, x: Any) -> Step:
    """Return a step that applies the model without recording."""
    model.eval()

    def step() -> None:
        with torch.no_grad():
            model(x)

    return step


def backward(parameters: Any, forward: Step) -> Step:
    """Return a step that sums what ``forward`` gives and sweeps back to the parameters."""
    kept = list(parameters)

    def step() -> None:
        for parameter in kept:
            parameter.grad = None
        forward().sum().backward()

    return step
