"""CIFAR-10 and CIFAR-100: small photographs of animals and vehicles, and of a hundred things."""

from __future__ import annotations

import os
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tapegrad.vision.datasets.utils import check_integrity, download_url
from tapegrad.vision.datasets.vision import VisionDataset, as_picture


class _Bytes:
    """An array of bytes as a pickle describes it; NumPy is not asked to believe the pickle."""

    def __setstate__(self, state: tuple) -> None:
        _, shape, _, is_fortran, raw = state
        content = raw.encode("latin1") if isinstance(raw, str) else raw
        order: Any = "F" if is_fortran else "C"
        self.array = np.frombuffer(content, np.uint8).reshape(shape, order=order)


class _ByteType:
    """The dtype of bytes. Any other is refused."""

    def __init__(self, name: str, *options: Any) -> None:
        if name not in ("u1", "uint8"):
            raise pickle.UnpicklingError(f"an array of {name!r} where bytes were expected")

    def __setstate__(self, state: tuple) -> None:
        pass


def _encode(text: str, codec: str) -> bytes:
    return text.encode("latin1")


# What the published files name, and what stands for it: nothing of it runs anything.
STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): lambda *arguments: _Bytes(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *arguments: _Bytes(),
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _ByteType,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the file asks for {module}.{name}") from None


def read_batch(path: str | os.PathLike) -> dict[str, Any]:
    """What a published file holds: plain values, and ``data`` as an array of bytes.

    Raises RuntimeError, with the path, for anything else; whatever the file says, no code runs.
    """
    try:
        with open(path, "rb") as file:
            entry = _Unpickler(file, encoding="latin1").load()
        return {k: v.array if isinstance(v, _Bytes) else v for k, v in entry.items()}
    except FileNotFoundError:
        raise
    except Exception as error:  # a pickle can fail in every way there is
        raise RuntimeError(f"{os.fspath(path)} is no file of CIFAR: {error}") from error


class CIFAR10(VisionDataset):
    """Photographs of 32×32 pixels in ten classes: 50,000 to train with and 10,000 to test.

    ``root/cifar-10-batches-py`` holds the published files, whose MD5 is checked; ``download``
    fetches them. An item is a ``PIL.Image``, an array without Pillow, and its class. ``data`` is
    an array ``(n, 32, 32, 3)`` of bytes, ``targets`` a list. Raises RuntimeError without the files.
    Source: Krizhevsky 2009, https://docs.pytorch.org/vision/stable/datasets.html
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }

    def __init__(
        self, root: str | os.PathLike, train: bool = True, transform: Callable | None = None,
        target_transform: Callable | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        advice = "not found or corrupted. You can use download=True to download it"
        if not self._check_integrity():
            raise RuntimeError(f"Dataset {advice}")
        if not check_integrity(self._path(self.meta["filename"]), self.meta["md5"]):
            raise RuntimeError(f"Dataset metadata file {advice}")
        files = self.train_list if train else self.test_list
        batches = [read_batch(self._path(name)) for name, _ in files]
        planes = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        self.data = planes.transpose(0, 2, 3, 1)
        self.targets: list[int] = []
        for batch in batches:
            self.targets += batch["labels" if "labels" in batch else "fine_labels"]
        self.classes = read_batch(self._path(self.meta["filename"]))[self.meta["key"]]
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}

    def _path(self, name: str) -> Path:
        return Path(str(self.root), self.base_folder, name)

    def _check_integrity(self) -> bool:
        files = [*self.train_list, *self.test_list]
        return all(check_integrity(self._path(name), md5) for name, md5 in files)

    def download(self) -> None:
        """Fetch the archive and unpack the files, unless they are there. Raises RuntimeError."""
        if self._check_integrity():
            return
        download_url(self.url, str(self.root), self.filename, self.tgz_md5)
        os.makedirs(self._path(""), exist_ok=True)
        names = [name for name, _ in (*self.train_list, *self.test_list)]
        with tarfile.open(Path(str(self.root), self.filename)) as archive:
            for name in [*names, self.meta["filename"]]:
                content = archive.extractfile(f"{self.base_folder}/{name}")
                self._path(name).write_bytes(content.read() if content else b"")

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = as_picture(self.data[index]), self.targets[index]
        return self.transforms(image, target) if self.transforms else (image, target)

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part of the data this is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


class CIFAR100(CIFAR10):
    """The same with a hundred classes, in the shape of CIFAR-10. Source: Krizhevsky 2009."""

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }


__all__ = ["CIFAR10", "CIFAR100", "read_batch"]
