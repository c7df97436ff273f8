"""Settings of saving and loading: for the whole process, or for a block of a thread."""

from __future__ import annotations

import os
import threading
import warnings
from enum import Enum
from mmap import MAP_PRIVATE, MAP_SHARED
from typing import Any


class LoadEndianness(Enum):
    """The byte order of files that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    endianness: LoadEndianness | None = None
    computes_crc32 = True
    mmap_flags: int = MAP_PRIVATE


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order assumed of files that do not say theirs; None means little."""
    return _Options.endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the byte order assumed of files that do not say theirs."""
    if not isinstance(endianness, LoadEndianness) and endianness is not None:
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _Options.endianness = endianness


def get_crc32_options() -> bool:
    """Whether :func:`tapegrad.save` computes checksums."""
    return _Options.computes_crc32


def set_crc32_options(compute_crc32: bool) -> None:
    """Say whether :func:`tapegrad.save` computes checksums; 0 stands for none."""
    _Options.computes_crc32 = compute_crc32


def get_default_mmap_options() -> int:
    """How ``load(..., mmap=True)`` maps: ``mmap.MAP_PRIVATE`` or ``mmap.MAP_SHARED``."""
    return _Options.mmap_flags


class set_default_mmap_options:
    """Set how ``load(..., mmap=True)`` maps, for good or, as a context manager, for a while."""

    def __init__(self, flags: int) -> None:
        if flags not in (MAP_PRIVATE, MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE "
                f"or mmap.MAP_SHARED, but got {flags}"
            )
        self.prev = _Options.mmap_flags
        _Options.mmap_flags = flags

    def __enter__(self) -> None:
        """Nothing is left to do."""

    def __exit__(self, *exception: Any) -> None:
        _Options.mmap_flags = self.prev


class _OfThread(threading.local):
    skips_data = False


_of_thread = _OfThread()


def skips_data() -> bool:
    """Whether this thread saves and loads without the bytes of storages."""
    return _of_thread.skips_data


class skip_data:
    """Save and load the structure alone, inside a ``with`` block.

    A file has its room for every storage, filled with zeros and without a checksum, so that the
    bytes can be written there later; what is loaded is uninitialised memory. Only archives can be
    saved so. ``materialize_fake_tensors`` changes nothing: there are none.
    Source: https://docs.pytorch.org/docs/2.13/notes/serialization.html
    """

    def __init__(self, materialize_fake_tensors: bool = False) -> None:
        self.materialize_fake_tensors = materialize_fake_tensors

    def __enter__(self) -> None:
        self._before = _of_thread.skips_data
        _of_thread.skips_data = True

    def __exit__(self, *exception: object) -> None:
        _of_thread.skips_data = self._before


def forced_weights_only(weights_only: bool | None, default: bool, stacklevel: int) -> bool:
    """Whether ``load`` is restricted: as it was told, or as the environment insists."""
    yes = ("1", "y", "yes", "true")
    is_forced = os.getenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "0").lower() in yes
    is_forbidden = os.getenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0").lower() in yes
    if is_forced and is_forbidden:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` "
            "should be set, but both were set."
        )
    if is_forced:
        return True
    if is_forbidden and weights_only is None:
        warnings.warn(
            "Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected, since the"
            "`weights_only` argument was not explicitly passed to `torch.load`, forcing "
            "weights_only=False.",
            UserWarning,
            stacklevel=stacklevel,
        )
        return False
    return default if weights_only is None else weights_only
