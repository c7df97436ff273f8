"""What programs call of PyTorch's compiler, beside ``torch.compiler``."""

from tapegrad._dynamo import config
from tapegrad.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    reset,
)

__all__ = [
    "allow_in_graph", "assume_constant_result", "config", "disable", "is_compiling",
    "list_backends", "reset",
]  # fmt: skip
