from typing import Any

from tapegrad._tensor import Tensor

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
