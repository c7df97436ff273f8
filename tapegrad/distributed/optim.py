"""Optimizers that share their state among processes: a name that libraries test for."""

from __future__ import annotations

from typing import Any

from tapegrad.distributed import NO_GROUP


class ZeroRedundancyOptimizer:
    """An optimizer whose state is spread over processes. Raises ValueError: there is one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise ValueError(NO_GROUP)


__all__ = ["ZeroRedundancyOptimizer"]
