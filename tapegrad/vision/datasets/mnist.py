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
from tapegrad.vision.datasets.vision import VisionDataset

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
    Raises RuntimeError if the files are not there: nothing is downloaded.
    Source: LeCun et al. 1998, https://docs.pytorch.org/vision/stable/datasets.html
    """

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
        kind = "train" if train else "t10k"
        images = self._find(f"{kind}-images-idx3-ubyte", download)
        labels = self._find(f"{kind}-labels-idx1-ubyte", download)
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
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class by its name."""
        return {name: number for number, name in enumerate(self.classes)}

    def _find(self, name: str, download: bool) -> Path:
        for path in (Path(self.raw_folder, name), Path(self.raw_folder, f"{name}.gz")):
            if path.is_file():
                return path
        hint = f"tapegrad downloads no data sets: put {name}[.gz] into {self.raw_folder}"
        known = "Dataset not found. You can use download=True to download it"
        raise RuntimeError(hint if download else f"{known}. {hint}")

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

    classes = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """Handwritten Japanese characters, in the shape of MNIST. Source: Clanuwat et al. 2018."""

    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


def as_picture(array: np.ndarray) -> Any:
    """Grey values as a ``PIL.Image`` if Pillow is installed, else as they are."""
    try:
        from PIL import Image
    except ImportError:
        return array
    return Image.fromarray(array)


__all__ = ["KMNIST", "MNIST", "FashionMNIST", "read_idx"]
