"""Weights from the net: fetched once, checked, and kept in the folder where PyTorch keeps them."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from tqdm import tqdm

from tapegrad import serialization
from tapegrad._absent import refusal
from tapegrad.utils._atomic import replaced_file

HASH_IN_NAME = re.compile(r"-([a-f0-9]*)\.")
CHUNK = 128 * 1024
PATIENCE = 60.0  # seconds of silence after which a server counts as gone

_folder: list[str] = []


def get_dir() -> str:
    """The folder of fetched models: set, or ``$TORCH_HOME/hub``, or below ``~/.cache``."""
    if _folder:
        return _folder[-1]
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", f"{cache}/torch")), "hub")


def set_dir(d: str | os.PathLike) -> None:
    """Set the folder that :func:`get_dir` gives."""
    _folder[:] = [os.path.expanduser(d)]


def download_url_to_file(
    url: str, dst: str, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Fetch a file, with a bar; ``dst`` appears when all of it is there, or not at all.

    Raises RuntimeError if the SHA-256 of the content does not begin with ``hash_prefix``, URLError,
    which says how to do without the network, if the server cannot be reached or sends less than it
    announced. Source: https://docs.pytorch.org/docs/2.13/hub.html
    """
    try:
        _fetch(url, dst, hash_prefix, progress)
    except URLError as error:
        _tell_where_to_put_it(error, url, dst)
        raise


def _fetch(url: str, dst: str, hash_prefix: str | None, progress: bool) -> None:
    request = Request(url, headers={"User-Agent": "torch.hub"})
    with urlopen(request, timeout=PATIENCE) as answer:
        announced = answer.headers.get("Content-Length")
        size = None if announced is None else int(announced)
        with replaced_file(os.path.expanduser(dst)) as file:
            digest = _copied(answer, file, size, progress)
            if not digest.startswith(hash_prefix or ""):
                raise RuntimeError(
                    f'invalid hash value (expected "{hash_prefix}", got "{digest}")'
                )


def _copied(answer: Any, file: IO[bytes], size: int | None, progress: bool) -> str:
    """Copy what comes; the SHA-256 of it."""
    sha256 = hashlib.sha256()
    with tqdm(
        total=size, disable=not progress, unit="B", unit_scale=True, unit_divisor=1024
    ) as bar:
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            sha256.update(chunk)
            bar.update(len(chunk))
    if size is not None and file.tell() < size:
        raise URLError(f"{answer.url} ended after {file.tell()} of {size} bytes")
    return sha256.hexdigest()


def _tell_where_to_put_it(error: URLError, url: str, path: str) -> None:
    """Add to an error of the network how to do without it."""
    hint = f"to do without the network, fetch {url} elsewhere and save it as {path}"
    if isinstance(error, HTTPError):
        error.msg = f"{error.msg} ({hint})"
        error.close()
    else:
        error.reason = f"{error.reason} ({hint})"


def load_state_dict_from_url(
    url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True,
    check_hash: bool = False, file_name: str | None = None, weights_only: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """What a file of the net holds, by :func:`tapegrad.load`; it is fetched once.

    The file is kept in ``model_dir``, by default ``<get_dir()>/checkpoints``, under its own name
    or ``file_name``. With ``check_hash`` a name like ``name-<sha256>.ext`` says how the SHA-256
    of what is fetched must begin. ``weights_only=False``, as in PyTorch, lets the file run code.
    Raises URLError, with the place to put the file at, where there is no network.
    Source: https://docs.pytorch.org/docs/2.13/hub.html
    """
    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = file_name or PurePosixPath(urlparse(url).path).name
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stdout.write(f'Downloading: "{url}" to {path}\n')
        expected = HASH_IN_NAME.search(name) if check_hash else None
        download_url_to_file(url, path, expected and expected[1], progress=progress)
    return serialization.load(path, map_location=map_location, weights_only=weights_only)


load = list = help = refusal(
    RuntimeError,
    "tapegrad runs no code from the net: fetch the repository and import its models, or the file "
    "of weights and read it with torch.load",
)

__all__ = [
    "download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url",
    "set_dir",
]  # fmt: skip
