from typing import Any

def has_flags(group: dict[str, Any]) -> bool: ...

class Update:
    @property
    def numbers(self) -> dict[str, float]: ...
    @property
    def tensors(self) -> tuple[str, ...]: ...
    def __init__(
        self,
        kernel: str,
        factors: str | None = None,
        *,
        numbers: dict[str, float] | None = None,
        tensors: tuple[str, ...] = (),
        optional: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
        is_whole: bool = False,
    ) -> None: ...
    def __call__(self, group: dict[str, Any], optimizer: Any) -> None: ...
    def names(self, group: dict[str, Any]) -> list[str]: ...
