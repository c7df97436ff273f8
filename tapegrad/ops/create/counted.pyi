from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import dtype as DType

def arange(
    start: Any,
    end: Any = ...,
    step: Any = 1,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor: ...
def simple_row(start: Any, end: Any, steps: Any, dtype: DType) -> np.ndarray | None: ...
