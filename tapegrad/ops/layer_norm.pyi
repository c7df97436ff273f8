"""What Python sees of layer norm of arrays."""

import numpy as np

def layer_norm_forward(
    input: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    n_normalized: int,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def layer_norm_backward(
    g: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray | None,
    mean: np.ndarray,
    rstd: np.ndarray,
    n_normalized: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
