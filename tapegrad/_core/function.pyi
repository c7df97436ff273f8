"""What Python sees of custom Functions on the tape."""

from tapegrad._core.op import Op
from tapegrad._tensor import Context, Tensor

def record_function(
    context: Context,
    op: Op,
    inputs: tuple,
    outputs: list[Tensor],
    differentiable: list[bool],
    to_save: tuple[Tensor | None, ...],
) -> None: ...
def saved_tensors_of(context: Context) -> tuple[Tensor | None, ...]: ...
def is_view_of_function(tensor: Tensor, *, is_one_of_several: bool = False) -> None: ...
def rebase_written(tensor: Tensor, writer: str) -> None: ...
def view_of(source: Tensor) -> Tensor: ...
