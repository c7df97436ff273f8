"""What Python sees of the iteration: filling memory, and the numbers a dtype can hold."""

from typing import Any

import numpy as np

def fill(array: np.ndarray, value: float | np.generic) -> np.ndarray: ...
def refuse_overflow(value: Any, type_number: int) -> Any: ...
