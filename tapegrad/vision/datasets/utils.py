"""Published files: their checksums, and how they get here."""

from __future__ import annotations

import hashlib
import os

from tapegrad.hub import download_url_to_file


def calculate_md5(fpath: str | os.PathLike, chunk_size: int = 1024 * 1024) -> str:
    """The MD5 of a file, in hexadecimal digits."""
    md5 = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            md5.update(chunk)
    return md5.hexdigest()


def check_integrity(fpath: str | os.PathLike, md5: str | None = None) -> bool:
    """Whether a file is there, and has that MD5 if one is given."""
    return os.path.isfile(fpath) and (md5 is None or calculate_md5(fpath) == md5)


def download_url(
    url: str, root: str | os.PathLike, filename: str | None = None, md5: str | None = None
) -> None:
    """Fetch a file into a folder, unless it is there already.

    Raises URLError, with the place to put the file at, without a network; RuntimeError if the file
    has another MD5, and it is removed then.
    """
    folder = os.path.expanduser(root)
    path = os.path.join(folder, filename or os.path.basename(url))
    if check_integrity(path, md5):
        return
    os.makedirs(folder, exist_ok=True)
    download_url_to_file(url, path)
    if not check_integrity(path, md5):
        os.remove(path)
        raise RuntimeError("File not found or corrupted.")


__all__ = ["calculate_md5", "check_integrity", "download_url"]
