"""What Python sees of hooks."""

from collections.abc import Callable

from tapegrad._tensor import Tensor

def register_zeros(maker: Callable[[tuple[int, ...], int], Tensor]) -> None: ...
