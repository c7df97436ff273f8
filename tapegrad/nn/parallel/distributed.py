"""``DistributedDataParallel``: a name that programs import."""

from __future__ import annotations

from typing import Any

from tapegrad.nn.module import Module

_NO_GROUP = (
    "Default process group has not been initialized, please make sure to call init_process_group."
)


class DistributedDataParallel(Module):
    """A module that several processes train. Raises ValueError: there is no group of them."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        raise ValueError(_NO_GROUP)


__all__ = ["DistributedDataParallel"]
