"""A training step of a perceptron in NumPy, with gradients by hand."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

Arrays = list[np.ndarray]


def initial(sizes: tuple[int, ...], rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    """Return weights as (outputs, inputs), and biases."""
    weights = [rng.uniform(-1, 1, (n_out, n_in)).astype("f4") / n_in**0.5
               for n_in, n_out in pairwise(sizes)]
    return weights, [np.zeros(n_out, "f4") for n_out in sizes[1:]]


def gradients(weights: Arrays, biases: Arrays, x: np.ndarray, labels: np.ndarray) -> Arrays:
    """Return the gradients of mean cross-entropy: all weights', then all biases'."""
    inputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        inputs.append(np.maximum(inputs[-1] @ weight.T + bias, 0))
    g = inputs[-1] @ weights[-1].T + biases[-1]
    np.exp(g - g.max(1, keepdims=True), out=g)
    g /= g.sum(1, keepdims=True)
    g[np.arange(len(x)), labels] -= 1
    g /= len(x)
    of_weights, of_biases = [], []
    for k in range(len(weights) - 1, -1, -1):
        of_weights.append(g.T @ inputs[k])
        of_biases.append(g.sum(0))
        if k:
            g = (g @ weights[k]) * (inputs[k] > 0)
    return of_weights[::-1] + of_biases[::-1]


def sgd(parameters: Arrays, grads: Arrays, lr: float = 0.001) -> None:
    """Step down the gradient."""
    for p, g in zip(parameters, grads, strict=True):
        p -= lr * g


class AdamW:
    """Adam with decoupled weight decay, with PyTorch's defaults."""

    def __init__(self, parameters: Arrays) -> None:
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]
        self.count = 0

    def __call__(self, parameters: Arrays, grads: Arrays, lr: float = 0.001) -> None:
        """Update the parameters in place."""
        self.count += 1
        correction = (1 - 0.999**self.count) ** 0.5
        size = lr / (1 - 0.9**self.count)
        for p, g, m, v in zip(parameters, grads, self.first, self.second, strict=True):
            p *= 1 - lr * 0.01
            m += 0.1 * (g - m)
            v *= 0.999
            v += 0.001 * g * g
            p -= size * m / (np.sqrt(v) / correction + 1e-8)


def training(sizes: tuple[int, ...], batch: int, optimizer: str) -> Callable[[], None]:
    """Return the step."""
    rng = np.random.default_rng(0)
    weights, biases = initial(sizes, rng)
    parameters = weights + biases
    x = rng.standard_normal((batch, sizes[0]), dtype="f4")
    labels = rng.integers(sizes[-1], size=batch)
    update = sgd if optimizer == "SGD" else AdamW(parameters)

    def step() -> None:
        update(parameters, gradients(weights, biases, x, labels))

    return step
