"""What Python sees of one step of long short-term memory."""

import numpy as np

class UnusualStep(Exception): ...

def lstm_step(
    input: np.ndarray,
    hidden: np.ndarray,
    cell: np.ndarray,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None,
    b_hh: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]: ...
def lstm_step_back(
    gates: np.ndarray,
    tanh_cell: np.ndarray,
    cell: np.ndarray,
    g_hidden: np.ndarray | None,
    g_cell: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]: ...
def row_sums(matrix: np.ndarray) -> np.ndarray: ...
