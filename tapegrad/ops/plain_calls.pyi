"""What Python sees of calls that are served before it is entered."""

from collections.abc import Callable
from typing import Any

from tapegrad._core import CommonCall, Op

class RowsByMatrix(CommonCall):
    def __init__(self, product: Op, unsafe_view: Op) -> None: ...

class RowsByWeight(CommonCall):
    def __init__(self, linear: Op, view: Op, turn: Op, product: Op, unsafe_view: Op) -> None: ...

class LayerNormCall(CommonCall):
    def __init__(self, layer_norm: Op) -> None: ...

class BatchNormCall(CommonCall):
    def __init__(self, by_batch: Op, by_given: Op) -> None: ...

class HeadsCall(CommonCall):
    def __init__(self, attention: Op) -> None: ...

class ConvCall(CommonCall):
    def __init__(self, convolution: Op, n_dims: int, find: Callable[..., Any]) -> None: ...
