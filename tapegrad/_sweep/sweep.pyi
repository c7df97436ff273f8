"""What Python sees of the reverse sweep."""

from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad._types import Size

def sweep_gradients(
    roots: list,
    gradients: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: list | None = None,
    runs_inputs: bool = False,
) -> tuple[Tensor | None, ...]: ...
def sweep_into(
    roots: list,
    gradients: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: list,
) -> None: ...
def root_shape(root: object) -> Size: ...
def running_sweep() -> int: ...
def queue_callback(callback: Callable[[], Any]) -> None: ...
def sweep_has_inputs() -> bool: ...
def reached(tensors: list[Tensor]) -> list[bool]: ...
def backward_from(tensor: Tensor) -> None: ...
def register_named_ops(ops: dict) -> None: ...
