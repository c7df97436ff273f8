"""What Python sees of batch norm."""

import numpy as np

from tapegrad._core import CommonCall, Op

def normalized_by_batch(
    input: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def normalized_by_given(
    input: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    mean: np.ndarray | None,
    var: np.ndarray,
    eps: float,
) -> np.ndarray: ...
def slopes_of_channels(
    g: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray | None,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
    statistics: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def move_towards(kept: np.ndarray, given: np.ndarray, factor: float, momentum: float) -> None: ...

class BatchNormCall(CommonCall):
    def __init__(self, by_batch: Op, by_given: Op) -> None: ...
