"""Settings that programs make and read back: what they ask for holds here in any case.

Every operation is deterministic and computes in its operands' own precision, so none of these
changes a result.
"""

from __future__ import annotations

import warnings
from typing import Literal

from tapegrad._absent import answer
from tapegrad._types import kind_of

_DEBUG_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")


class _State:
    def __init__(self) -> None:
        self.deterministic = self.warn_only = self.warn_always = False
        self.precision = "highest"


_state = _State()


def _require(kind: type, value: object, function: str) -> None:
    if not isinstance(value, kind):
        raise RuntimeError(f"{function} expects a {kind.__name__}, but got {kind_of(value)}")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same results in every run; here every operation gives them anyway."""
    if not isinstance(mode, bool):
        raise TypeError(
            "_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not "
            f"{kind_of(mode)}"
        )
    _state.deterministic, _state.warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What :func:`use_deterministic_algorithms` was given."""
    return _state.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether operations without a deterministic algorithm were to warn only."""
    return _state.warn_only


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same as a number or a name: 0 ``default``, 1 ``warn``, 2 ``error``."""
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
                f"{debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    elif not isinstance(debug_mode, int):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if not 0 <= debug_mode < len(_DEBUG_MODES):
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}"
        )
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    """The mode as a number: 0, 1 (warn) or 2 (error)."""
    return (1 if _state.warn_only else 2) if _state.deterministic else 0


def set_float32_matmul_precision(precision: str) -> None:
    """Note how exact float32 products must be; they are always as exact as float32 allows."""
    _require(str, precision, "set_float32_matmul_precision")
    if precision not in _PRECISIONS:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect.",
            UserWarning,
            stacklevel=2,
        )
        return
    _state.precision = precision


def get_float32_matmul_precision() -> str:
    """What :func:`set_float32_matmul_precision` was given; ``highest`` at first."""
    return _state.precision


def set_flush_denormal(mode: Literal[True, False], /) -> bool:
    """Returns False: denormal numbers are never flushed to zero here."""
    _require(bool, mode, "flush_denormal")
    return False


def set_warn_always(b: bool, /) -> None:
    """Note whether warnings should be repeated; Python's own filters decide that here."""
    _require(bool, b, "setWarnOnlyOnce")
    _state.warn_always = b


def is_warn_always_enabled() -> bool:
    """What :func:`set_warn_always` was given."""
    return _state.warn_always


# What PyTorch was built with: of its libraries NumPy brings LAPACK.
has_lapack, has_mkl, has_openmp, has_spectral = True, False, False, False


def compiled_with_cxx11_abi() -> bool:
    """Whether PyTorch was built with the present C++ library's names: it always is."""
    return True


is_vulkan_available = answer(False)

__all__ = [
    "are_deterministic_algorithms_enabled", "compiled_with_cxx11_abi",
    "get_deterministic_debug_mode", "get_float32_matmul_precision", "has_lapack", "has_mkl",
    "has_openmp", "has_spectral", "is_deterministic_algorithms_warn_only_enabled",
    "is_vulkan_available", "is_warn_always_enabled", "set_deterministic_debug_mode",
    "set_float32_matmul_precision", "set_flush_denormal", "set_warn_always",
    "use_deterministic_algorithms",
]  # fmt: skip
