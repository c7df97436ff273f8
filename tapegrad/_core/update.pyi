"""What Python sees of updates."""

from collections.abc import Sequence

from tapegrad._kernels import Kernel
from tapegrad._tensor import Tensor

def with_gradients(parameters: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]: ...
def update_each(
    kernel: Kernel,
    lists: tuple[Sequence[Tensor], ...],
    params: tuple | None = None,
    written: Sequence[int] = (),
) -> None: ...
