"""GPUs: there are none. Every name answers as in a PyTorch that was built without CUDA."""

from __future__ import annotations

from typing import Any

from tapegrad import _types
from tapegrad._absent import AcceleratorError, IdleContext, OutOfMemoryError, answer, refusal
from tapegrad.ops._arguments import NO_CUDA
from tapegrad.ops.legacy_types import CUDA_TYPES

is_available = is_initialized = answer(False)
is_bf16_supported = is_tf32_supported = answer(False)
device_count = answer(0)
memory_allocated = max_memory_allocated = memory_reserved = max_memory_reserved = answer(0)
memory_cached = max_memory_cached = answer(0)
manual_seed = manual_seed_all = seed = seed_all = empty_cache = answer(None)
get_gencode_flags = answer("")
default_generators: tuple = ()
has_half, has_magma = True, False

_refused = refusal(AssertionError, NO_CUDA)
init = synchronize = ipc_collect = initial_seed = get_rng_state = _refused
current_device = current_stream = default_stream = mem_get_info = can_device_access_peer = _refused
get_device_capability = get_device_name = get_device_properties = _refused


def get_arch_list() -> list[str]:
    """The architectures that there are kernels for: none."""
    return []


def get_rng_state_all() -> list:
    """The state of each GPU's generator: none."""
    return []


def memory_stats(device: Any = None) -> dict[str, Any]:
    """Counters of a GPU's memory: none."""
    return {}


def _needs(binding: str) -> Any:
    """What PyTorch gives where it calls into a library that is not there."""
    return refusal(AttributeError, f"module 'torch._C' has no attribute '{binding}'")


_reset_peak = reset_peak_memory_stats = _needs("_cuda_resetPeakMemoryStats")
reset_max_memory_allocated = reset_max_memory_cached = _reset_peak
reset_accumulated_memory_stats = _needs("_cuda_resetAccumulatedMemoryStats")
memory_snapshot = _needs("_cuda_memorySnapshot")
_set_device = _needs("_cuda_setDevice")


def set_device(device: Any) -> None:
    """Choose a GPU; -1 stands for none, any other raises AttributeError."""
    if device != -1:
        _set_device()


class Stream:
    """A queue of work for a GPU. Raises RuntimeError."""

    def __init__(self, device: Any = None, priority: int = 0, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A mark in such a queue. Raises RuntimeError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class CUDAGraph:
    """Recorded work for a GPU. Raises RuntimeError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class CUDAGraph")


StreamContext = stream = IdleContext


class device:
    """A GPU as the current one for the length of a block; entering it raises RuntimeError."""

    def __init__(self, device: Any) -> None:
        given = device if isinstance(device, int) else _types.device(device).index
        self.idx = -1 if given is None else given

    def __enter__(self) -> None:
        if self.idx >= 0:
            raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *exception: object) -> None:
        pass


BoolTensor, ByteTensor, CharTensor, ShortTensor, IntTensor, LongTensor = (
    CUDA_TYPES[f"{name}Tensor"] for name in ("Bool", "Byte", "Char", "Short", "Int", "Long")
)
HalfTensor, FloatTensor, DoubleTensor = (
    CUDA_TYPES[f"{name}Tensor"] for name in ("Half", "Float", "Double")
)

from tapegrad.cuda import amp  # noqa: E402  # reads what is above

__all__ = [
    "AcceleratorError", "BoolTensor", "ByteTensor", "CUDAGraph", "CharTensor", "DoubleTensor",
    "Event", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "OutOfMemoryError",
    "ShortTensor", "Stream", "StreamContext", "amp", "can_device_access_peer", "current_device",
    "current_stream", "default_generators", "default_stream", "device", "device_count",
    "empty_cache", "get_arch_list", "get_device_capability", "get_device_name",
    "get_device_properties", "get_gencode_flags", "get_rng_state", "get_rng_state_all", "has_half",
    "has_magma", "init", "initial_seed", "ipc_collect", "is_available", "is_bf16_supported",
    "is_initialized", "is_tf32_supported", "manual_seed", "manual_seed_all", "max_memory_allocated",
    "max_memory_cached", "max_memory_reserved", "mem_get_info", "memory_allocated", "memory_cached",
    "memory_reserved", "memory_snapshot", "memory_stats", "reset_accumulated_memory_stats",
    "reset_max_memory_allocated", "reset_max_memory_cached", "reset_peak_memory_stats", "seed",
    "seed_all", "set_device", "stream", "synchronize",
]  # fmt: skip
