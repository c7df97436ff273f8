"""The accelerator of this machine, whatever its kind: there is none."""

from tapegrad._absent import answer, refusal
from tapegrad.ops.devices import NO_ACCELERATOR

is_available = answer(False)
device_count = answer(0)
current_accelerator = answer(None)

_refused = refusal(RuntimeError, NO_ACCELERATOR)
current_device_index = current_device_idx = set_device_index = set_device_idx = _refused
current_stream = set_stream = synchronize = get_device_capability = _refused
empty_cache = get_memory_info = memory_stats = reset_peak_memory_stats = _refused
memory_allocated = max_memory_allocated = memory_reserved = max_memory_reserved = _refused
reset_accumulated_memory_stats = _refused

__all__ = [
    "current_accelerator", "current_device_idx", "current_device_index", "current_stream",
    "device_count", "empty_cache", "get_device_capability", "get_memory_info", "is_available",
    "max_memory_allocated", "max_memory_reserved", "memory_allocated", "memory_reserved",
    "memory_stats", "reset_accumulated_memory_stats", "reset_peak_memory_stats", "set_device_idx",
    "set_device_index", "set_stream", "synchronize",
]  # fmt: skip
