"""What Python sees of the forward of operations."""

from collections.abc import Callable

def composite(function: Callable) -> Callable: ...
