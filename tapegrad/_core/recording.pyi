"""What Python sees of recording."""

from collections.abc import Callable

def _register_trace_maker(maker: Callable[[], str]) -> None: ...
