"""What Python sees of the reverse sweep."""

from collections.abc import Callable

from tapegrad._tensor import Tensor

def sweep_gradients(
    roots: list[Tensor],
    gradients: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: list | None = None,
) -> tuple[Tensor | None, ...]: ...
def sweep_into(
    roots: list[Tensor],
    gradients: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: list,
) -> None: ...
def running_sweep() -> int: ...
def reached(tensors: list[Tensor]) -> list[bool]: ...
def backward_from(tensor: Tensor) -> None: ...
def register_gradient_ops(**given: Callable) -> None: ...
def register_zeros(maker: Callable[[tuple[int, ...], int], Tensor]) -> None: ...
