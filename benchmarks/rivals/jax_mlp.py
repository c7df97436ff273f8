"""A training step of a perceptron in JAX, compiled as one function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.rivals.numpy_mlp import initial

tree_map = jax.tree_util.tree_map


def loss(parameters: Any, x: jax.Array, labels: jax.Array) -> jax.Array:
    """Mean cross-entropy of the perceptron."""
    *hidden, last = zip(*parameters, strict=True)
    for weight, bias in hidden:
        x = jax.nn.relu(x @ weight.T + bias)
    scores = jax.nn.log_softmax(x @ last[0].T + last[1])
    return -jnp.take_along_axis(scores, labels[:, None], 1).mean()


def sgd(p: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array, count: jax.Array) -> Any:
    """Step down the gradient; the moments stay as they are."""
    return p - 0.001 * g, m, v


def adamw(p: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array, count: jax.Array) -> Any:
    """Step as Adam with decoupled weight decay does, with PyTorch's defaults."""
    m = m + 0.1 * (g - m)
    v = 0.999 * v + 0.001 * g * g
    size = 0.001 / (1 - 0.9**count)
    p = p * (1 - 0.001 * 0.01) - size * m / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
    return p, m, v


def training(sizes: tuple[int, ...], batch: int, optimizer: str) -> Callable[[], Any]:
    """Return the step, which waits for its result."""
    rng = np.random.default_rng(0)
    parameters = tree_map(jnp.asarray, initial(sizes, rng))
    zeros = tree_map(jnp.zeros_like, parameters)
    x = jnp.asarray(rng.standard_normal((batch, sizes[0]), dtype="f4"))
    labels = jnp.asarray(rng.integers(sizes[-1], size=batch))
    update = sgd if optimizer == "SGD" else adamw

    @jax.jit
    def advance(state: Any) -> Any:
        parameters, first, second, count = state
        value, grads = jax.value_and_grad(loss)(parameters, x, labels)
        leaves = zip(*map(jax.tree_util.tree_leaves, (parameters, grads, first, second)),
                     strict=True)
        moved = zip(*(update(*four, count + 1) for four in leaves), strict=True)
        shape = jax.tree_util.tree_structure(parameters)
        return (*(jax.tree_util.tree_unflatten(shape, new) for new in moved), count + 1), value

    state = (parameters, zeros, zeros, jnp.zeros(()))

    def step() -> None:
        nonlocal state
        state, value = advance(state)
        value.block_until_ready()

    return step
