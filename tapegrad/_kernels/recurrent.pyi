"""What Python sees of walks over sequences."""

import numpy as np

def walk(
    mode: str,
    gates: np.ndarray,
    hidden: np.ndarray,
    cell: np.ndarray | None,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None,
    b_hh: np.ndarray | None,
    w_hr: np.ndarray | None,
    sizes: tuple[int, ...],
    is_reversed: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]: ...
def walk_back(
    mode: str,
    gates: np.ndarray,
    saved: np.ndarray,
    w_hh: np.ndarray,
    w_hr: np.ndarray | None,
    sizes: tuple[int, ...],
    is_reversed: bool,
    g_output: np.ndarray | None,
    g_hidden: np.ndarray | None,
    g_cell: np.ndarray | None,
    wants_hidden: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray, np.ndarray | None]: ...
