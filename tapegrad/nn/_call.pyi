from typing import Any

class DirectCall:
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    _parameters: Any
    _buffers: Any
    _modules: Any
