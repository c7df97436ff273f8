"""``autocast``: a block in which PyTorch computes in fewer bits, and tapegrad as everywhere."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from tapegrad import _types
from tapegrad._types import bfloat16, device, float16

_AVAILABLE = ("cpu", "cuda", "hpu", "ipu", "maia", "mps", "mtia", "xla", "xpu")
_FAST_DTYPES = {"cpu": bfloat16, "hpu": bfloat16, "xla": bfloat16}
_SUPPORTED = (bfloat16, float16)
_KEEPS_DTYPES = (
    "tapegrad does not compute in fewer bits under autocast: operations keep the dtypes of their "
    "operands. Results have PyTorch's meaning, in float32."
)

_enabled_devices: list[str] = []


def is_autocast_available(device_type: str) -> bool:
    """Whether PyTorch knows mixed precision for a type of device."""
    return device(device_type).type in _AVAILABLE


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether the innermost ``autocast`` block around is an enabled one for this type of device."""
    return _known_type("is_autocast_enabled", device_type) in _enabled_devices


def get_autocast_dtype(device_type: str) -> _types.dtype:
    """The dtype that PyTorch would compute in."""
    return _FAST_DTYPES.get(_known_type("get_autocast_dtype", device_type), float16)


def switch(device_type: str, enabled: bool) -> None:
    """Let autocast be enabled, or not, for a type of device: outside of blocks too."""
    kind = _known_type("set_autocast_enabled", device_type)
    _enabled_devices[:] = [one for one in _enabled_devices if one != kind]
    if enabled:
        _warn_once()
        _enabled_devices.append(kind)


def choose(device_type: str, dtype: _types.dtype) -> None:
    """Set what :func:`get_autocast_dtype` gives."""
    _FAST_DTYPES[_known_type("set_autocast_dtype", device_type)] = dtype


def _known_type(function: str, device_type: object) -> str:
    """The type of device that a string names; anything else is refused."""
    if not isinstance(device_type, str):
        raise TypeError(
            f"{function}(): argument 'device_type' (position 1) must be str, not "
            f"{_types.kind_of(device_type)}"
        )
    return device(device_type).type


class autocast:
    """A block or a function for which PyTorch computes in ``dtype`` where that is safe.

    tapegrad keeps the operands' dtypes and warns so once, so that results are those of float32. For
    devices that are not there it is disabled with PyTorch's warning.
    Source: https://docs.pytorch.org/docs/2.13/amp.html
    """

    def __init__(
        self, device_type: str, dtype: _types.dtype | None = None, enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(
                f"User specified an unsupported autocast device_type '{device_type}'"
            )
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._enabled = enabled and not self._disabled_because()

    def _disabled_because(self) -> str:
        """Why an enabled block is disabled all the same, after having warned so."""
        name, reason = self.device.upper(), ""
        if self.device == "cuda":
            reason = "CUDA is not available or torch_xla is imported. Disabling autocast."
        elif self.fast_dtype not in _SUPPORTED:
            reason = (
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{name} Autocast only supports dtypes of {', '.join(map(str, _SUPPORTED))} "
                "currently."
            )
        if reason:
            warnings.warn(reason, stacklevel=3)
        return reason

    def __enter__(self) -> autocast:
        self._outer = _enabled_devices.copy()
        if self._enabled:
            _warn_once()
            _enabled_devices.append(self.device)
        else:
            _enabled_devices[:] = [one for one in _enabled_devices if one != self.device]
        return self

    def __exit__(self, *exception: object) -> None:
        _enabled_devices[:] = self._outer

    def __call__(self, func: Callable) -> Callable:
        """The function, which then runs inside such a block."""
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. Did you "
                "mean to use autocast as a context manager? For example:\n"
                "    with torch.autocast(device_type=...):\n        output = model(input)"
            )

        @functools.wraps(func)
        def under_autocast(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return under_autocast


@functools.lru_cache(maxsize=1)
def _warn_once() -> None:
    warnings.warn(_KEEPS_DTYPES, UserWarning, stacklevel=3)


def custom_fwd(
    fwd: Callable | None = None, *, device_type: str, cast_inputs: _types.dtype | None = None
) -> Callable:
    """Mark a custom Function's ``forward`` for autocast, which changes nothing: it is returned."""
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    return fwd


def custom_bwd(bwd: Callable | None = None, *, device_type: str) -> Callable:
    """Mark a custom Function's ``backward`` for autocast, which changes nothing: it is returned."""
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    return functools.partial(custom_bwd, device_type=device_type) if bwd is None else bwd


__all__ = [
    "autocast", "custom_bwd", "custom_fwd", "get_autocast_dtype", "is_autocast_available",
    "is_autocast_enabled",
]  # fmt: skip
