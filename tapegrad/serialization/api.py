"""``save`` and ``load``."""

from __future__ import annotations

import io
import os
import pickle
import re
import warnings
from contextlib import ExitStack
from typing import IO, Any

from tapegrad.serialization import legacy_format, tar_format, zip_format
from tapegrad.serialization.advice import UNSAFE_MESSAGE, explained
from tapegrad.serialization.archive_reader import ArchiveReader
from tapegrad.serialization.full import unpickler_for
from tapegrad.serialization.locations import restorer
from tapegrad.serialization.options import forced_weights_only, skips_data
from tapegrad.serialization.restricted import Unpickler
from tapegrad.serialization.zip_format import Reading
from tapegrad.utils import safetensors
from tapegrad.utils._atomic import replaced_file

DEFAULT_PROTOCOL = 2


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write an object to a file, in PyTorch's format: tensors, containers, modules, optimizers.

    ``f`` is a path or has ``write`` and ``flush``. Tensors that share memory share it in the file
    too. What was at a path is replaced when everything is written, or stays as it is. Raises
    RuntimeError where the file cannot be opened.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.save.html
    """
    if not _is_path(f) and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    if skips_data() and not _use_new_zipfile_serialization:
        raise RuntimeError("Cannot use skip_data=True with _use_new_zipfile_serialization=False")
    with ExitStack() as stack:
        stream = _opened_for_writing(f, stack, is_zip=_use_new_zipfile_serialization)
        if _use_new_zipfile_serialization:
            has_byteorder = not _disable_byteorder_record
            zip_format.save(obj, stream, _folder(f), pickle_module, pickle_protocol, has_byteorder)
        else:
            legacy_format.save(obj, stream, pickle_module, pickle_protocol)
        stream.flush()


def _is_path(f: Any) -> bool:
    return isinstance(f, (str, os.PathLike))


def _opened_for_writing(f: Any, stack: ExitStack, is_zip: bool) -> Any:
    if not _is_path(f):
        if not callable(f.write):
            kind = str(type(f)).strip("<>")
            raise TypeError(f"Buffer of {kind} has no callable attribute 'write'")
        return f
    path = os.fspath(f)
    parent = os.path.dirname(path)
    if is_zip and parent and not os.path.isdir(parent):
        raise RuntimeError(f"Parent directory {parent} does not exist.")
    try:
        return stack.enter_context(replaced_file(path))
    except OSError as error:
        if not is_zip:
            raise
        raise RuntimeError(
            "[enforce fail at inline_container.cc:747] . open file failed with strerror: "
            f"{error.strerror}"
        ) from error


def _folder(f: Any) -> str:
    """The name of the folder in the archive: the file's, without its ending."""
    if not _is_path(f):
        return "archive"
    stem = os.path.splitext(os.path.basename(os.fspath(f)))[0]
    return stem if stem.isascii() and stem else "archive"


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read what :func:`save`, or PyTorch of any age, wrote to a file.

    ``f`` is a path or a seekable file. By default only tensors, containers, plain values and what
    ``serialization.add_safe_globals`` names are built, whatever the file says; with
    ``weights_only=False`` the file may run any code, so do that only with files you trust.
    ``map_location`` says where storages go: a device, its name, a dict of names, a function.
    ``mmap=True`` maps the file instead of reading the storages.

    bfloat16 becomes float32, with a warning. Raises ``pickle.UnpicklingError`` for what may not be
    built, and RuntimeError, with the name of the file and the entry, for damaged files and for
    dtypes that tapegrad does not have.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.load.html
    """
    is_restricted = forced_weights_only(
        weights_only, default=pickle_module is None, stacklevel=3
    )
    if is_restricted and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if pickle_load_args and is_restricted:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    pickle_load_args.setdefault("encoding", "utf-8")
    if _is_path(f) and os.fspath(f).endswith(".safetensors"):
        return safetensors.load_file(f, _device_for_safetensors(map_location))
    unpickler = Unpickler if is_restricted else unpickler_for(pickle_module or pickle)
    reading = Reading(unpickler, pickle_load_args, restorer(map_location), _label(f))
    with ExitStack() as stack:
        stream = stack.enter_context(open(f, "rb")) if _is_path(f) else _checked_seekable(f)
        try:
            return _load(f, stream, is_restricted, reading, bool(mmap))
        except pickle.UnpicklingError as error:
            if not is_restricted:
                raise
            text = explained(str(error))
            raise pickle.UnpicklingError(f"{text} ({reading.label})") from None


def _load(f: Any, stream: Any, is_restricted: bool, reading: Reading, is_mapped: bool) -> Any:
    start = stream.tell()
    if _begins_as_zip(stream):
        archive = ArchiveReader(stream, reading.label)
        if "constants.pkl" in archive:
            _refuse_torchscript(is_restricted)
        if is_mapped and not _is_path(f):
            raise ValueError("f must be a file path in order to use the mmap argument")
        return zip_format.load(archive, reading, zip_format.mapping_of(f) if is_mapped else None)
    if is_mapped:
        name = f"{f}, " if isinstance(f, str) else ""
        raise RuntimeError(
            f"mmap can only be used with files saved with `torch.save({name}"
            "_use_new_zipfile_serialization=True), please torch.save your checkpoint with this "
            "option in order to use mmap."
        )
    tar = tar_format.open_tar(stream) if start == 0 else None
    if tar is None:
        return legacy_format.load(stream, reading)
    if is_restricted:
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with files saved in the legacy .tar format. "
            + UNSAFE_MESSAGE
        )
    with tar:
        return tar_format.load(tar, reading)


def _label(f: Any) -> str:
    """What errors call the file."""
    name = os.fspath(f) if _is_path(f) else getattr(f, "name", None)
    return f"'{name}'" if isinstance(name, str) else f"a {type(f).__name__}"


def _checked_seekable(f: Any) -> IO[bytes]:
    try:
        f.seek(f.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        if not re.search("seek|tell", str(error)):
            raise
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        ) from None
    return f


def _begins_as_zip(stream: Any) -> bool:
    start = stream.tell()
    head = stream.read(4)
    stream.seek(start)
    return head == b"PK\3\4"


def _refuse_torchscript(is_restricted: bool) -> None:
    if is_restricted:
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. "
            + UNSAFE_MESSAGE
        )
    raise RuntimeError("the file is a TorchScript archive, and tapegrad has no torch.jit")


def _device_for_safetensors(map_location: Any) -> str:
    if isinstance(map_location, dict) or callable(map_location):
        kind = "dict" if isinstance(map_location, dict) else "callable"
        raise RuntimeError(
            f"Loading safetensors file with {kind} map_location is not supported. Use a device "
            "string or torch.device instead."
        )
    return "cpu" if map_location is None else str(map_location)
