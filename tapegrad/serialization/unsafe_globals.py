"""What a file would need to be allowed, found without unpickling it."""

from __future__ import annotations

import pickletools
from typing import Any

from tapegrad.serialization.allowed import allowed_globals
from tapegrad.serialization.archive_reader import ArchiveReader
from tapegrad.serialization.names import current_name
from tapegrad.serialization.safe_globals import marked_names


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a file, a path or a seekable one, that ``load(weights_only=True)`` refuses.

    Raises ValueError for what :func:`tapegrad.save` did not write as an archive.
    """
    if hasattr(f, "read"):
        return _unsafe_names(f)
    with open(f, "rb") as file:
        return _unsafe_names(file)


def _unsafe_names(file: Any) -> list[str]:
    try:
        archive = ArchiveReader(file, "the file")
    except RuntimeError as error:
        raise ValueError(
            "Expected input to be a checkpoint returned by torch.save"
        ) from error
    names = {
        ".".join(current_name(*str(argument).split(" ", 1)))
        for opcode, argument, _ in pickletools.genops(archive.read("data.pkl"))
        if opcode.name == "GLOBAL"
    }
    return sorted(names - allowed_globals().keys() - marked_names().keys())
