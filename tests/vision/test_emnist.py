"""EMNIST, in files and archives that each test writes."""

import gzip
import hashlib
import struct
import zipfile

import numpy as np
import pytest


def publish(folder, split="letters", part="train", n=4):
    """Write the two compressed files of a part; the labels are 1, 2, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(n).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    labels = np.arange(1, n + 1, dtype=np.uint8)
    for array, file in ((images, "images-idx3"), (labels, "labels-idx1")):
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        path = folder / f"emnist-{split}-{part}-{file}-ubyte.gz"
        path.write_bytes(gzip.compress(header + array.tobytes()))
    return images


@pytest.fixture
def emnist(tapegrad):
    """The class under test."""
    return tapegrad.vision.datasets.EMNIST


def test_reads_published_files(emnist, tmp_path):
    """Each split and part has files of its own; pictures and numbers are those in them."""
    images = publish(tmp_path / "EMNIST" / "raw")
    publish(tmp_path / "EMNIST" / "raw", part="test", n=2)
    data, test = emnist(tmp_path, "letters"), emnist(tmp_path, split="letters", train=False)

    np.testing.assert_array_equal(data.data.numpy(), images)
    assert data.targets.tolist() == [1, 2, 3, 4] and len(test) == 2
    assert data.classes[data[0][1]] == "a"


def test_like_torchvision(emnist, torchvision, tmp_path):
    """Names of splits and classes, address and checksum are torchvision's, and so are mistakes."""
    theirs = torchvision.datasets.EMNIST

    assert (emnist.splits, emnist.url, emnist.md5) == (theirs.splits, theirs.url, theirs.md5)
    assert emnist.classes_split_dict == theirs.classes_split_dict
    for split in ("capitals", 3):
        texts = []
        for kind in (emnist, theirs):
            with pytest.raises(ValueError) as caught:
                kind(tmp_path, split)
            texts.append(str(caught.value))
        assert texts[0] == texts[1]


@pytest.mark.parametrize(("split", "n"), [
    ("byclass", 62), ("bymerge", 47), ("balanced", 47), ("letters", 27), ("digits", 10),
    ("mnist", 10),
])  # fmt: skip
def test_classes(emnist, tmp_path, split, n):
    """There are as many classes as the paper says, in torchvision's order."""
    publish(tmp_path / "EMNIST" / "raw", split)
    classes = emnist(tmp_path, split).classes

    assert len(classes) == len(set(classes)) == n and sorted(classes[1:]) == classes[1:]


def test_unknown_splits(emnist, tmp_path):
    """The splits that there are, are named."""
    with pytest.raises(ValueError, match="^Unknown value 'x' for argument split. Valid values are "
                                         "{'byclass', .*, 'mnist'}.$"):  # fmt: skip
        emnist(tmp_path, "x")


def test_download(emnist, tmp_path):
    """The archive is fetched once, checked, and its files are taken out, whatever else it holds."""
    publish(tmp_path / "server" / "gzip")
    archive = tmp_path / "server" / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (tmp_path / "server" / "gzip").iterdir():
            file.write(path, f"gzip/{path.name}")
        file.writestr("../../outside-ubyte.gz", "evil")

    class Nearby(emnist):
        url = archive.as_uri()
        md5 = hashlib.md5(archive.read_bytes()).hexdigest()

    raw = tmp_path / "root" / "Nearby" / "raw"
    assert len(Nearby(tmp_path / "root", "letters", download=True)) == 4
    assert sorted(path.name for path in raw.iterdir()) == [
        "emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz",
        "gzip.zip"]
    archive.unlink()
    assert len(Nearby(tmp_path / "root", "letters", download=True)) == 4


def test_archives_that_are_none(emnist, tmp_path):
    """A file that has the right checksum and is no archive is named."""
    wrong = tmp_path / "gzip.zip"
    wrong.write_bytes(b"no archive")

    class Nearby(emnist):
        url, md5 = wrong.as_uri(), hashlib.md5(b"no archive").hexdigest()

    with pytest.raises(RuntimeError, match=r"gzip.zip cannot be unpacked: File is not a zip file"):
        Nearby(tmp_path / "root", "letters", download=True)
