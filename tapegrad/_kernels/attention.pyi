"""What Python sees of attention."""

import numpy as np

def attention(
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    scale: float,
    is_causal: bool,
) -> np.ndarray: ...
def attention_backward(
    g: np.ndarray,
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    scale: float,
    is_causal: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
