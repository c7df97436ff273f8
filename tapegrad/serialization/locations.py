"""Where loaded storages go: ``map_location``, and the devices that files name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad import _types
from tapegrad.ops.tensor_types import typename
from tapegrad.storage import TypedStorage, UntypedStorage

Restore = Callable[[Any, str], Any]
_ACCELERATORS = ("cuda", "xpu", "mtia")
_UNKNOWN_BACKENDS = ("hpu", "privateuseone")
_CPU_ONLY = (
    "If you are running on a CPU-only machine, please use torch.load with "
    "map_location=torch.device('cpu') to map your storages to the CPU."
)


def _cpu_tag(storage: Any) -> str:
    return "cpu"


def _restore_cpu(storage: Any, location: str) -> Any:
    return storage if location == "cpu" else None


def _refuse_accelerator(storage: Any, location: str) -> None:
    backend = re.split(r"[:0-9]", location)[0]
    if backend in _UNKNOWN_BACKENDS:
        raise RuntimeError(f"The {backend.upper()} device module is not registered. {_CPU_ONLY}")
    if backend in _ACCELERATORS:
        raise RuntimeError(
            f"Attempting to deserialize object on a {backend.upper()} device but "
            f"torch.{backend}.is_available() is False. {_CPU_ONLY}"
        )


_packages: list[tuple[int, Callable[[Any], str | None], Restore]] = [
    (10, _cpu_tag, _restore_cpu),
    (20, lambda storage: None, _refuse_accelerator),
]


def register_package(
    priority: int, tagger: Callable[[Any], str | None], deserializer: Restore
) -> None:
    """Add a device: ``tagger(storage)`` names it, ``deserializer(storage, location)`` goes there.

    Either gives None for what is not its own; lower priorities are asked first.
    """
    _packages.append((priority, tagger, deserializer))
    _packages.sort(key=lambda package: package[0])


def location_tag(storage: Any) -> str:
    """How files name the device of a storage."""
    for _, tagger, _ in _packages:
        location = tagger(storage)
        if location:
            return location
    raise RuntimeError(f"don't know how to determine data location of {typename(storage)}")


def default_restore_location(storage: Any, location: str) -> Any:
    """The storage on the device that a file names. Raises RuntimeError if there is none such."""
    for _, _, deserializer in _packages:
        result = deserializer(storage, location)
        if result is not None:
            return result
    raise RuntimeError(
        f"don't know how to restore data location of {typename(storage)} (tagged with {location})"
    )


def restorer(map_location: Any) -> Restore:
    """What ``map_location`` asks for: a device's name, a device, a dict of names, a function."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(
            storage, map_location.get(location, location)
        )
    if isinstance(map_location, (str, bytes, _types.device)):
        return lambda storage, location: default_restore_location(storage, str(map_location))

    def restore(storage: UntypedStorage, location: str) -> Any:
        result = map_location(storage, location)
        return default_restore_location(storage, location) if result is None else result

    return restore


def restored(restore: Restore, storage: UntypedStorage, location: str) -> UntypedStorage:
    """The storage where it belongs, whatever kind of storage a user's function gave."""
    result = restore(storage, location)
    if isinstance(result, TypedStorage):
        result = result.untyped()
    if not isinstance(result, UntypedStorage):
        raise TypeError(f"map_location gave a {tapegrad.typename(result)}, not a storage")
    return result
