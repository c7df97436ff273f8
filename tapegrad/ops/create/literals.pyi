from typing import Any

import numpy as np

from tapegrad._types import dtype

def array_of_literals(data: Any, dtype: dtype | None) -> np.ndarray | None: ...
