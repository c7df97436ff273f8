"""MNIST and its kin: pictures of 28×28 grey values in ten classes, in IDX files."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tapegrad import Tensor, from_numpy
from tapegrad.vision.datasets.utils import download_url
from tapegrad.vision.datasets.vision import VisionDataset, as_picture

_UNSIGNED_BYTES = 0x08


def read_idx(path: Path) -> np.ndarray:
    """The array in an IDX file of unsigned bytes, which may be compressed.

    The file begins with two zero bytes, the type, the number of dimensions, and each size as four
    bytes, the highest first. Raises ValueError if it is anything else or is damaged.
    Source: http://yann.lecun.com/exdb/mnist
    """
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} cannot be decompressed: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTES:
        raise ValueError(f"{path} is no IDX file of unsigned bytes")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} ends before the sizes of its {content[3]} dimensions")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{path} says its shape is {shape} and holds {len(content) - start} bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


class MNIST(VisionDataset):
    """Handwritten digits: 60,000 pictures to train with and 10,000 to test.

    ``root/MNIST/raw`` holds the four published files, compressed or not. An item is a picture and
    its class; the picture is a ``PIL.Image`` where Pillow is installed, else an array.
    ``data`` has shape ``(n, 28, 28)``, dtype uint8; ``targets`` shape ``(n)``, dtype int64.
    ``download`` fetches the files and checks their MD5. Raises RuntimeError without them.
    Source: LeCun et al. 1998, https://docs.pytorch.org/vision/stable/datasets.html
    """

    mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
        "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

    def __init__(
        self, root: str | os.PathLike, train: bool = True, transform: Callable | None = None,
        target_transform: Callable | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        images = self._find(f"{self._part}-images-idx3-ubyte")
        labels = self._find(f"{self._part}-labels-idx1-ubyte")
        self.data: Tensor = from_numpy(read_idx(images))
        self.targets: Tensor = from_numpy(read_idx(labels).astype(np.int64))
        if self.data.ndim != 3 or self.targets.shape != self.data.shape[:1]:
            shapes = f"{tuple(self.data.shape)} and {tuple(self.targets.shape)}"
            raise ValueError(f"{images} and {labels} do not belong together: of shapes {shapes}")

    @property
    def raw_folder(self) -> str:
        """The folder of the published files."""
        return os.path.join(str(self.root), self.__class__.__name__, "raw")

    @property
    def _part(self) -> str:
        """What the names of the files begin with."""
        return "train" if self.train else "t10k"

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class by its name."""
        return {name: number for number, name in enumerate(self.classes)}

    def download(self) -> None:
        """Fetch the files that are not there. Raises URLError, RuntimeError if that fails."""
        for name, md5 in self.resources:
            if self._found(name.removesuffix(".gz")) is None:
                download_url(self.mirrors[0] + name, self.raw_folder, name, md5)

    def _found(self, name: str) -> Path | None:
        places = (Path(self.raw_folder, name), Path(self.raw_folder, f"{name}.gz"))
        return next((path for path in places if path.is_file()), None)

    def _find(self, name: str) -> Path:
        path = self._found(name)
        if path is None:
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it, or put "
                f"{name}[.gz] into {self.raw_folder}"
            )
        return path

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = as_picture(self.data[index].numpy()), int(self.targets[index])
        return self.transforms(image, target) if self.transforms else (image, target)

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part of the data this is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Pictures of clothes, in the shape of MNIST. Source: Xiao, Rasul and Vollgraf 2017."""

    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """Handwritten Japanese characters, in the shape of MNIST. Source: Clanuwat et al. 2018."""

    mirrors = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


__all__ = ["KMNIST", "MNIST", "FashionMNIST", "read_idx"]
