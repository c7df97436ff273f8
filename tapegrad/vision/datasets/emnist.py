"""EMNIST: handwritten letters and digits, in the shape of MNIST."""

from __future__ import annotations

import os
import shutil
import string
from pathlib import PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile

from tapegrad.utils._atomic import replaced_file
from tapegrad.vision.datasets.mnist import MNIST
from tapegrad.vision.datasets.utils import download_url

# Letters whose small and capital forms look alike, which are one class in the merged splits.
_ALIKE = set("cijklmopsuvwxyz")
_DIGITS, _LETTERS = list(string.digits), list(string.ascii_letters)
_MERGED = sorted(set(_DIGITS + _LETTERS) - _ALIKE)


class EMNIST(MNIST):
    """Handwritten characters in one of six splits, as :class:`MNIST` has them.

    ``root/EMNIST/raw`` holds the published files ``emnist-SPLIT-train-images-idx3-ubyte`` and so
    on, compressed or not; ``download`` takes them from their archive of 540 MB. The pictures lie
    on their side in the files, and stay so. Raises ValueError for another split.
    Source: Cohen et al. 2017.
    """

    url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict = {
        "byclass": sorted(_DIGITS + _LETTERS),
        "bymerge": _MERGED,
        "balanced": _MERGED,
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": _DIGITS,
        "mnist": _DIGITS,
    }

    def __init__(self, root: str | os.PathLike, split: str, **kwargs: Any) -> None:
        if not isinstance(split, str):
            raise ValueError(f"Expected type str for argument split, but got type {type(split)}.")
        if split not in self.splits:
            known = ", ".join(f"'{one}'" for one in self.splits)
            raise ValueError(
                f"Unknown value '{split}' for argument split. Valid values are {{{known}}}."
            )
        self.split = split
        super().__init__(root, **kwargs)
        self.classes = self.classes_split_dict[split]

    @property
    def _part(self) -> str:
        return f"emnist-{self.split}-{'train' if self.train else 'test'}"

    def download(self) -> None:
        """Fetch the archive and take its files out, unless those of this part are there.

        Raises URLError, RuntimeError if that fails.
        """
        files = (f"{self._part}-images-idx3-ubyte", f"{self._part}-labels-idx1-ubyte")
        if all(map(self._found, files)):
            return
        name = PurePosixPath(self.url).name
        download_url(self.url, self.raw_folder, name, self.md5)
        path = os.path.join(self.raw_folder, name)
        try:
            with ZipFile(path) as archive:
                for member in archive.infolist():
                    self._take_out(archive, member.filename)
        except BadZipFile as error:
            raise RuntimeError(f"{path} cannot be unpacked: {error}") from error

    def _take_out(self, archive: ZipFile, member: str) -> None:
        """Write a file of IDX data next to the archive, as it is and whole or not at all."""
        name = PurePosixPath(member).name
        if name.startswith("emnist-") and name.endswith("-ubyte.gz"):
            target = os.path.join(self.raw_folder, name)
            with archive.open(member) as source, replaced_file(target) as file:
                shutil.copyfileobj(source, file)


__all__ = ["EMNIST"]
