"""Files in a folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tapegrad.vision.datasets.vision import VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
Path = str | os.PathLike[str]
Extensions = str | tuple[str, ...] | None


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether a name ends with one of the extensions, in whatever case."""
    allowed = extensions if isinstance(extensions, str) else tuple(extensions)
    return filename.lower().endswith(allowed)


def is_image_file(filename: str) -> bool:
    """Whether a name is that of a picture."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Path) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in a folder, in order, and the number of each.

    Raises FileNotFoundError if there are none.
    """
    with os.scandir(os.fspath(directory)) as entries:
        classes = sorted(entry.name for entry in entries if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: number for number, name in enumerate(classes)}


def make_dataset(
    directory: Path, class_to_idx: dict[str, int] | None = None, extensions: Extensions = None,
    is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
) -> list[tuple[str, int]]:  # fmt: skip
    """The path and class of each file, class by class and in order, at any depth.

    Those are taken that have one of the ``extensions`` or for which ``is_valid_file`` is true; one
    of both must be given, else ValueError. Raises FileNotFoundError for a class without files,
    unless ``allow_empty``.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError(
            "Both extensions and is_valid_file cannot be None or not None at the same time"
        )
    found = {
        name: sorted(_files_in(os.path.join(directory, name), extensions, is_valid_file))
        for name in sorted(class_to_idx)
    }
    empty = [name for name, files in found.items() if not files]
    if empty and not allow_empty:
        text = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            listed = extensions if isinstance(extensions, str) else ", ".join(extensions)
            text += f"Supported extensions are: {listed}"
        raise FileNotFoundError(text)
    return [
        (os.path.join(*place), class_to_idx[name]) for name, files in found.items()
        for place in files
    ]  # fmt: skip


def _files_in(
    directory: str, extensions: Extensions, is_valid_file: Callable[[str], bool] | None
) -> list[tuple[str, str]]:
    """Folder and name of each file that is wanted."""
    return [
        (folder, name)
        for folder, _, names in os.walk(directory, followlinks=True)
        for name in names
        if (
            has_file_allowed_extension(name, extensions)
            if extensions is not None
            else is_valid_file and is_valid_file(os.path.join(folder, name))
        )
    ]


class DatasetFolder(VisionDataset):
    """Files ``root/class/.../file``, read by ``loader``; an item is what it gives, and the class.

    ``classes`` are the names of the folders in order, ``class_to_idx`` their numbers, ``samples``
    the path and number of each file, ``targets`` the numbers alone. Raises FileNotFoundError where
    there is no folder, or a class without files unless ``allow_empty``; ValueError unless one of
    ``extensions`` and ``is_valid_file`` is given.
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.DatasetFolder.html
    """

    def __init__(
        self, root: Path, loader: Callable[[str], Any], extensions: tuple[str, ...] | None = None,
        transform: Callable | None = None, target_transform: Callable | None = None,
        is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader, self.extensions = loader, extensions
        root = os.path.expanduser(root) if isinstance(root, str) else root
        self.classes, self.class_to_idx = self.find_classes(root)
        self.samples = self.make_dataset(
            root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets = [number for _, number in self.samples]

    @staticmethod
    def make_dataset(
        directory: Path, class_to_idx: dict[str, int], extensions: Extensions = None,
        is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
    ) -> list[tuple[str, int]]:  # fmt: skip
        """The path and class of each file; to be overridden where they lie otherwise."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: Path) -> tuple[list[str], dict[str, int]]:
        """The classes and their numbers; to be overridden where they are named otherwise."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample = self.loader(path)
        return self.transforms(sample, target) if self.transforms else (sample, target)

    def __len__(self) -> int:
        return len(self.samples)


def pil_loader(path: Path) -> Any:
    """The picture in a file, in colours. Raises OSError, with the path, if there is none."""
    from PIL import Image

    try:
        with open(path, "rb") as file, Image.open(file) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if os.fspath(path) in str(error):
            raise
        raise OSError(f"{os.fspath(path)} cannot be read as a picture: {error}") from error


default_loader = pil_loader


class ImageFolder(DatasetFolder):
    """Pictures ``root/class/.../picture``; an item is a ``PIL.Image`` in colours, and the class.

    A file that is no picture raises OSError, with its path, when it is asked for. ``imgs`` is
    ``samples``; what else there is, :class:`DatasetFolder` says.
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
    """

    def __init__(
        self, root: Path, transform: Callable | None = None,
        target_transform: Callable | None = None, loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            root, loader, IMG_EXTENSIONS if is_valid_file is None else None, transform,
            target_transform, is_valid_file, allow_empty,
        )  # fmt: skip
        self.imgs = self.samples


__all__ = ["DatasetFolder", "ImageFolder"]
