"""What Python sees of what a walk trusts."""

from typing import Any

from tapegrad._tensor import Tensor

def fits(
    input: Tensor,
    hidden: Tensor,
    cell: Tensor | None,
    weights: tuple[Any, ...],
    n_gates: int,
    sizes: tuple[int, ...],
) -> bool: ...
