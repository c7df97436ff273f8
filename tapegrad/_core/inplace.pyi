"""What Python sees of in-place operations."""

from typing import Any

from tapegrad._core.op import Op
from tapegrad._tensor import Tensor

def become_view(op: Op, target: Tensor, *args: Any) -> Tensor: ...
def geometry_of(base: Tensor, view: Tensor) -> tuple: ...
def register_copy_slices(op: Op) -> None: ...
