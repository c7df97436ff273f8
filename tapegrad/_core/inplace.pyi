"""What Python sees of in-place operations."""

from collections.abc import Callable
from typing import Any

from tapegrad._core.op import Op
from tapegrad._tensor import Tensor

def become_view(op: Op, target: Tensor, *args: Any) -> Tensor: ...
def geometry_of(base: Tensor, view: Tensor) -> tuple: ...
def refusal_of_write(target: Tensor, recording: bool) -> RuntimeError | None: ...
def register_copy_slices(
    op: Op, before_write: Callable[[Tensor, Tensor], Tensor]
) -> None: ...
