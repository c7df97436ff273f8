"""Folders of files by class, as torchvision reads them."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path):
    """Three classes; one has a picture in a folder below, one a file that is no picture."""
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    shades = {"cat/b.png": 10, "cat/a.PNG": 20, "dog/x/y.png": 30, "emu/q.png": 0}
    for place, shade in shades.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5), shade, np.uint8)).save(path, format="png")
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "loose.png").write_bytes(b"")
    return tmp_path


def test_pictures_by_class(vision, folder):
    """Classes and files come in order; an item is a picture in colours and its class."""
    data = vision.datasets.ImageFolder(folder)

    assert data.classes == ["cat", "dog", "emu"]
    assert data.class_to_idx == {"cat": 0, "dog": 1, "emu": 2}
    assert [(path[len(str(folder)) + 1 :], target) for path, target in data.samples] == [
        ("cat/a.PNG", 0), ("cat/b.png", 0), ("dog/x/y.png", 1), ("emu/q.png", 2)
    ]  # fmt: skip
    assert data.targets == [0, 0, 1, 2] and data.imgs == data.samples and len(data) == 4
    image, target = data[2]
    assert (image.mode, image.size, image.getpixel((0, 0)), target) == ("RGB", (5, 4), (30,) * 3, 1)


def test_transforms_of_items(vision, folder):
    """Transforms are applied to picture and class, and printed."""
    data = vision.datasets.ImageFolder(
        str(folder), vision.transforms.ToTensor(), target_transform=lambda number: -number
    )

    image, target = data[3]
    assert image.shape == (3, 4, 5) and target == -2
    assert repr(data).startswith(
        "Dataset ImageFolder\n    Number of datapoints: 4\n    Root location: "
    )
    assert "Transform: ToTensor()" in repr(data)


def test_own_choice_of_files(vision, folder):
    """``is_valid_file`` decides instead of the extension, and the loader can be any function."""
    data = vision.datasets.ImageFolder(
        folder, loader=lambda path: path[-5:], is_valid_file=lambda path: "q" not in path[-6:],
        allow_empty=True,
    )  # fmt: skip

    assert [data[k] for k in range(len(data))] == [
        ("a.PNG", 0), ("b.png", 0), ("s.txt", 0), ("y.png", 1)
    ]  # fmt: skip


def test_other_files(vision, folder):
    """``DatasetFolder`` takes files of any kind."""
    data = vision.datasets.DatasetFolder(
        folder, lambda path: Path(path).read_text(), extensions=(".txt",), allow_empty=True
    )

    assert data.samples == [(str(folder / "cat" / "notes.txt"), 0)]
    assert data[0] == ("no picture", 0)


def test_class_without_files(vision, folder):
    """A class without pictures is named, unless that is allowed."""
    (folder / "ant").mkdir()
    with pytest.raises(FileNotFoundError) as caught:
        vision.datasets.ImageFolder(folder)

    assert str(caught.value) == (
        "Found no valid file for the classes ant. Supported extensions are: .jpg, .jpeg, .png, "
        ".ppm, .bmp, .pgm, .tif, .tiff, .webp"
    )
    assert vision.datasets.ImageFolder(folder, allow_empty=True).class_to_idx["ant"] == 0


def test_no_classes(vision, tmp_path):
    """A folder without folders is refused."""
    with pytest.raises(FileNotFoundError) as caught:
        vision.datasets.ImageFolder(tmp_path)

    assert str(caught.value) == f"Couldn't find any class folder in {tmp_path}."


@pytest.mark.parametrize(("arguments", "text"), [
    ({"class_to_idx": {}}, "'class_to_index' must have at least one entry to collect any samples."),
    ({}, "Both extensions and is_valid_file cannot be None or not None at the same time"),
    ({"extensions": ".png", "is_valid_file": bool},
     "Both extensions and is_valid_file cannot be None or not None at the same time"),
])  # fmt: skip
def test_contradictions(vision, folder, arguments, text):
    """What cannot be meant is refused in torchvision's words."""
    with pytest.raises(ValueError) as caught:
        vision.datasets.folder.make_dataset(folder, **arguments)

    assert str(caught.value) == text


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_damaged_picture_is_named(vision, folder, content):
    """A file that is no picture, or half of one, raises with its path."""
    path = folder / "dog" / "x" / "y.png"
    path.write_bytes(path.read_bytes()[:50] if content is None else content)
    data = vision.datasets.ImageFolder(folder)

    with pytest.raises(OSError) as caught:
        data[2]
    assert str(path) in str(caught.value) or vision.__name__ == "torchvision"


def test_picture_file_as_tensor(tapegrad, folder):
    """``io.read_image`` gives the channels of the file, or those asked for."""
    io = tapegrad.vision.io
    path = folder / "cat" / "b.png"

    assert io.read_image(path).shape == (1, 4, 5)
    assert io.read_image(str(path), io.ImageReadMode.RGB).tolist() == [[[10] * 5] * 4] * 3
    assert io.read_image(path, "rgba").shape == (4, 4, 5)


def test_tensor_as_picture_file(tapegrad, tmp_path):
    """What ``write_png`` writes is read back; what it cannot write is refused."""
    io = tapegrad.vision.io
    image = tapegrad.randint(0, 256, (3, 6, 7), dtype=tapegrad.uint8)
    io.write_png(image, tmp_path / "one.png")
    io.write_jpeg(image, tmp_path / "one.jpg", quality=90)

    assert tapegrad.equal(io.read_image(tmp_path / "one.png"), image)
    assert io.read_image(tmp_path / "one.jpg").shape == (3, 6, 7)
    with pytest.raises(RuntimeError, match="^Input tensor dtype should be uint8$"):
        io.write_png(image.float(), tmp_path / "two.png")
    with pytest.raises(RuntimeError, match="^The number of channels should be 1 or 3, got: 2$"):
        io.write_png(image[:2], tmp_path / "two.png")
    assert not (tmp_path / "two.png").exists()


def test_file_that_is_no_picture(tapegrad, folder):
    """``io.read_image`` names a file that it cannot read."""
    with pytest.raises(RuntimeError, match="notes.txt cannot be read as a picture"):
        tapegrad.vision.io.read_image(folder / "cat" / "notes.txt")
    with pytest.raises(FileNotFoundError):
        tapegrad.vision.io.read_image(folder / "none.png")
