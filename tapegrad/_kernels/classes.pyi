"""What Python sees of the negative log-likelihood of classes."""

from collections.abc import Callable
from typing import Any

import numpy as np

def nll_loss(
    general: Callable[..., Any],
    input: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    reduction: int,
    ignore_index: int,
) -> Any: ...
def nll_loss_backward(
    general: Callable[..., Any],
    values: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    total: np.ndarray,
    shape: tuple[int, ...],
    reduction: int,
    ignore_index: int,
) -> np.ndarray: ...
def cross_entropy(
    general: Callable[..., Any],
    input: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    reduction: int,
    ignore_index: int,
) -> Any: ...
def cross_entropy_backward(
    general: Callable[..., Any],
    values: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    total: np.ndarray,
    shape: tuple[int, ...],
    reduction: int,
    ignore_index: int,
    logarithms: np.ndarray,
) -> np.ndarray: ...
