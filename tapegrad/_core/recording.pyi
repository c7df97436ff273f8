"""What Python sees of recording."""

from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Node

def _register_trace_maker(maker: Callable[[Node, Any], str]) -> None: ...
