"""What the optimizers minimise, written once for both libraries."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

SHAPES = ((3,), (2, 3, 4), ())


class Problem:
    """A smooth and convex function of several tensors, and an optimizer of these."""

    def __init__(self, torch: ModuleType, name: str, dtype: str, options: dict[str, Any]) -> None:
        self.torch, self.name = torch, name
        self.random = np.random.RandomState(7)
        self.dtype = dtype
        values = [self._random(shape) for shape in SHAPES]
        if name != "LBFGS":  # PyTorch's refuses gradients that are not contiguous
            values.append(self._random((5, 4)).T)
        self.parameters = [self._parameter(value) for value in values]
        # Laid out alike, so that gradients are: PyTorch's fused kernels go by memory alone.
        self.targets = [np.empty_like(value) for value in values]
        for target in self.targets:
            target[...] = self._random(target.shape)
        self.idle = self._parameter(self._random((2,)))
        self.optimizer = getattr(torch.optim, name)(self._groups(), **options)

    def _random(self, shape: Any) -> Any:
        return np.asarray(self.random.randn(*shape), dtype=self.dtype)

    def _parameter(self, value: np.ndarray) -> Any:
        return self.torch.nn.Parameter(self.torch.from_numpy(value.copy("K")))

    def _groups(self) -> list[Any]:
        if self.name == "LBFGS":
            return self.parameters
        last = {"params": self.parameters[-1:], "weight_decay": 0.05}
        if self.name == "Rprop":
            del last["weight_decay"]
        return [{"params": [*self.parameters[:-1], self.idle]}, last]

    def loss(self) -> float:
        """Compute the function and its gradients, which is NumPy's work for both libraries."""
        self.optimizer.zero_grad()
        loss = 0.0
        for parameter, target in zip(self.parameters, self.targets, strict=True):
            off = parameter.detach().numpy() - target
            loss += float((off**2 + np.log(np.cosh(2 * off))).sum())
            gradient = np.asarray(2 * off + 2 * np.tanh(2 * off))
            parameter.grad = self.torch.from_numpy(gradient)
        return loss

    def step(self) -> float:
        """Take one step; L-BFGS looks at the loss itself."""
        if self.name == "LBFGS":
            return self.optimizer.step(self.loss)
        loss = self.loss()
        self.optimizer.step()
        return loss

    def values(self) -> list[np.ndarray]:
        """Give copies of the parameters."""
        return [p.detach().numpy().copy() for p in (*self.parameters, self.idle)]


def differentiable_gradient(torch: ModuleType, name: str, options: dict[str, Any]) -> list[Any]:
    """Give the parameter after a step that autograd sees, and the gradient through it."""
    random = np.random.RandomState(3)
    start = torch.tensor(random.randn(3, 4), requires_grad=True)
    parameter = start.clone()
    optimizer = getattr(torch.optim, name)([parameter], **options, differentiable=True)
    parameter.grad = (start * start).sin()
    optimizer.step()
    (parameter**2).sum().backward()
    return [parameter.detach().numpy(), start.grad.numpy()]
