"""The switches of autocast as functions: what ``autocast`` sets for the length of a block."""

from __future__ import annotations

from collections.abc import Callable

from tapegrad import _types
from tapegrad._types import kind_of
from tapegrad.amp import autocast_mode
from tapegrad.amp.autocast_mode import get_autocast_dtype, is_autocast_enabled

_nesting = [0]
_caches = [True]


def _check(name: str, value: object, kind: type, shown: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {shown} (got {kind_of(value)})")


def set_autocast_enabled(device_type: str | bool, enabled: bool | None = None) -> None:
    """Switch autocast on or off for a type of device, ``"cuda"`` if only a bool is given."""
    kind, value = ("cuda", device_type) if enabled is None else (device_type, enabled)
    if not isinstance(value, bool):
        position = 1 if enabled is None else 2
        raise TypeError(
            f"set_autocast_enabled(): argument 'enabled' (position {position}) must be bool, not "
            f"{kind_of(value)}"
        )
    autocast_mode.switch(str(kind), value)


def set_autocast_dtype(device_type: str, dtype: _types.dtype) -> None:
    """Set the dtype that PyTorch would compute in on a type of device."""
    for position, (name, value, kind) in enumerate(
        (("device_type", device_type, str), ("dtype", dtype, _types.dtype)), 1
    ):
        if not isinstance(value, kind):
            shown = "str" if kind is str else "torch.dtype"
            raise TypeError(
                f"set_autocast_dtype(): argument '{name}' (position {position}) must be {shown}, "
                f"not {kind_of(value)}"
            )
    autocast_mode.choose(device_type, dtype)


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Note whether weights in fewer bits should be kept; there are none."""
    _check("enabled", enabled, bool, "bool")
    _caches[0] = enabled


def is_autocast_cache_enabled() -> bool:
    """What :func:`set_autocast_cache_enabled` was given."""
    return _caches[0]


def autocast_increment_nesting() -> int:
    """Count one more block, and give their number."""
    _nesting[0] += 1
    return _nesting[0]


def autocast_decrement_nesting() -> int:
    """Count one block less, and give their number."""
    _nesting[0] -= 1
    return _nesting[0]


def clear_autocast_cache() -> None:
    """Drop the weights in fewer bits that were kept: there are none."""


def _for(device_type: str, name: str) -> tuple[Callable, Callable, Callable, Callable]:
    """The four older functions for a type of device, which their names carry."""

    def is_enabled() -> bool:
        return is_autocast_enabled(device_type)

    def set_enabled(enabled: bool) -> None:
        _check("enabled", enabled, bool, "bool")
        set_autocast_enabled(device_type, enabled)

    def get_dtype() -> _types.dtype:
        return get_autocast_dtype(device_type)

    def set_dtype(dtype: _types.dtype) -> None:
        _check("dtype", dtype, _types.dtype, "torch.dtype")
        set_autocast_dtype(device_type, dtype)

    made = {
        f"is_autocast_{name}_enabled": is_enabled, f"set_autocast_{name}_enabled": set_enabled,
        f"get_autocast_{name}_dtype": get_dtype, f"set_autocast_{name}_dtype": set_dtype,
    }  # fmt: skip
    for called, function in made.items():
        function.__name__ = function.__qualname__ = called
        function.__doc__ = f"The older name for the device type ``{device_type!r}``."
    return is_enabled, set_enabled, get_dtype, set_dtype


(is_autocast_cpu_enabled, set_autocast_cpu_enabled,
 get_autocast_cpu_dtype, set_autocast_cpu_dtype) = _for("cpu", "cpu")  # fmt: skip
(is_autocast_ipu_enabled, set_autocast_ipu_enabled,
 get_autocast_ipu_dtype, set_autocast_ipu_dtype) = _for("ipu", "ipu")  # fmt: skip
(is_autocast_xla_enabled, set_autocast_xla_enabled,
 get_autocast_xla_dtype, set_autocast_xla_dtype) = _for("xla", "xla")  # fmt: skip
_, _, get_autocast_gpu_dtype, set_autocast_gpu_dtype = _for("cuda", "gpu")

__all__ = [
    "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache",
    "get_autocast_cpu_dtype", "get_autocast_gpu_dtype", "get_autocast_ipu_dtype",
    "get_autocast_xla_dtype", "is_autocast_cache_enabled", "is_autocast_cpu_enabled",
    "is_autocast_ipu_enabled", "is_autocast_xla_enabled", "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype", "set_autocast_cpu_enabled", "set_autocast_dtype",
    "set_autocast_enabled", "set_autocast_gpu_dtype", "set_autocast_ipu_dtype",
    "set_autocast_ipu_enabled", "set_autocast_xla_dtype", "set_autocast_xla_enabled",
]  # fmt: skip
