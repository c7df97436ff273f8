"""Intel's GPUs: there are none. Every name answers as in a PyTorch built without XPU."""

from __future__ import annotations

from tapegrad._absent import IdleContext, answer, refusal
from tapegrad.ops._arguments import NO_XPU

is_available = is_initialized = is_bf16_supported = is_tf32_supported = answer(False)
device_count = answer(0)
memory_allocated = max_memory_allocated = memory_reserved = max_memory_reserved = answer(0)
manual_seed = manual_seed_all = seed = seed_all = empty_cache = answer(None)

_refused = refusal(AssertionError, NO_XPU)
init = synchronize = initial_seed = get_rng_state = set_device = _refused
current_device = current_stream = mem_get_info = _refused
get_device_capability = get_device_name = get_device_properties = _refused
StreamContext = stream = IdleContext

__all__ = [
    "StreamContext", "current_device", "current_stream", "device_count", "empty_cache",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init",
    "initial_seed", "is_available", "is_bf16_supported", "is_initialized", "is_tf32_supported",
    "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved",
    "mem_get_info", "memory_allocated", "memory_reserved", "seed", "seed_all", "set_device",
    "stream", "synchronize",
]  # fmt: skip
