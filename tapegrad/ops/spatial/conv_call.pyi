"""What Python sees of convolutions that are one op."""

from collections.abc import Callable
from typing import Any

from tapegrad._core import CommonCall, Op

class ConvCall(CommonCall):
    def __init__(self, convolution: Op, n_dims: int, find: Callable[..., Any]) -> None: ...
