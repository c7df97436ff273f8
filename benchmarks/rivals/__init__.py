"""Training steps of a perceptron elsewhere: in JAX, compiled, and in NumPy by hand."""

from collections.abc import Callable
from typing import Any


def in_jax(**arguments: Any) -> Callable[[], Any]:
    """Return the step in JAX, which is imported only now."""
    from benchmarks.rivals.jax_mlp import training
    return training(**arguments)


def in_numpy(**arguments: Any) -> Callable[[], Any]:
    """Return the step in NumPy."""
    from benchmarks.rivals.numpy_mlp import training
    return training(**arguments)


RIVALS = {"jax": in_jax, "numpy": in_numpy}
