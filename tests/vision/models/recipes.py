"""Models with weights that say something, the same in both libraries."""

import hashlib
from types import ModuleType
from typing import Any

import numpy as np


def layout(model: Any) -> tuple[int, str]:
    """Count the entries of a state dict, and digest their names, shapes and dtypes in order."""
    lines = [
        f"{name} {tuple(value.shape)} {value.dtype}" for name, value in model.state_dict().items()
    ]
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def perturbed(torch: ModuleType, model: Any) -> Any:
    """Move statistics, scales and biases away from zeros and ones; in float64.

    Rectifiers turn rounding into jumps of gradients, which float64 makes rare.
    """
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for name, value in [*model.named_buffers(), *model.named_parameters()]:
            if name.endswith("running_mean"):
                value.add_(torch.from_numpy(rng.normal(0, 0.1, value.shape)))
            elif name.endswith("running_var"):
                value.mul_(torch.from_numpy(rng.uniform(0.5, 1.5, value.shape)))
            elif value.dim() == 1:
                value.add_(torch.from_numpy(rng.normal(0, 0.1, value.shape)))
    return model.double()


def pictures(torch: ModuleType, size: int) -> Any:
    """Two pictures of noise."""
    return torch.from_numpy(np.random.default_rng(1).normal(0, 1, (2, 3, size, size)))


def outcome(torch: ModuleType, model: Any, x: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Give logits, and the gradients of all parameters of their mean square."""
    torch.manual_seed(5)
    logits = model(x)
    model.zero_grad()
    logits.square().mean().backward()
    gradients = {name: value.grad.numpy() for name, value in model.named_parameters()}
    return logits.detach().numpy(), gradients


def without_drawing(monkeypatch: Any, torch: ModuleType) -> None:
    """Let layers keep whatever memory they get: the largest models are then made at once."""
    for layer in (torch.nn.Conv2d, torch.nn.Linear):
        monkeypatch.setattr(layer, "reset_parameters", lambda self: None)
    for name in ("kaiming_normal_", "normal_"):
        monkeypatch.setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)
