"""Saving and loading, in PyTorch's file formats."""

from tapegrad.serialization.api import DEFAULT_PROTOCOL, load, save
from tapegrad.serialization.legacy_format import MAGIC_NUMBER, PROTOCOL_VERSION
from tapegrad.serialization.locations import (
    default_restore_location,
    location_tag,
    register_package,
)
from tapegrad.serialization.options import (
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
    skip_data,
)
from tapegrad.serialization.safe_globals import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from tapegrad.serialization.unsafe_globals import get_unsafe_globals_in_checkpoint

__all__ = [
    "DEFAULT_PROTOCOL", "MAGIC_NUMBER", "PROTOCOL_VERSION", "LoadEndianness", "add_safe_globals",
    "clear_safe_globals", "default_restore_location", "get_crc32_options",
    "get_default_load_endianness", "get_default_mmap_options", "get_safe_globals",
    "get_unsafe_globals_in_checkpoint", "load", "location_tag", "register_package", "safe_globals",
    "save", "set_crc32_options", "set_default_load_endianness", "set_default_mmap_options",
    "skip_data",
]  # fmt: skip
