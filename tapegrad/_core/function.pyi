"""What Python sees of custom Functions on the tape."""

from typing import Any

from tapegrad._core.op import Op
from tapegrad._tensor import Context, Tensor

def wanted_gradients(inputs: tuple) -> tuple[bool, ...]: ...
def function_outputs(
    context: Context, op: Op, inputs: tuple, result: Any, is_recorded: bool
) -> Any: ...
def saved_tensors_of(context: Context) -> tuple[Tensor | None, ...]: ...
