"""Apple's GPUs: there are none. Every name answers as in a PyTorch without that backend."""

from __future__ import annotations

from typing import Any

from tapegrad._absent import answer, refusal

is_available = answer(False)
device_count = answer(0)
manual_seed = answer(None)


def _needs(function: str) -> Any:
    return refusal(RuntimeError, f"Cannot execute {function}() without MPS backend.")


seed = get_rng_state = _needs("getDefaultGenerator")
synchronize = _needs("deviceSynchronize")
empty_cache = _needs("emptyCache")
current_allocated_memory = _needs("getCurrentAllocatedMemory")
driver_allocated_memory = _needs("getDriverAllocatedMemory")
recommended_max_memory = _needs("getRecommendedMaxMemory")

__all__ = [
    "current_allocated_memory", "device_count", "driver_allocated_memory", "empty_cache",
    "get_rng_state", "is_available", "manual_seed", "recommended_max_memory", "seed",
    "synchronize",
]  # fmt: skip
