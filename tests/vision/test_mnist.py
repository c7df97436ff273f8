"""Data sets in IDX files, which each test writes."""

import gzip
import hashlib
import struct
import sys
import urllib.error

import numpy as np
import pytest


def idx(array, kind=8):
    """The bytes of an IDX file: type, number of dimensions, sizes, values."""
    header = struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def pictures(n=5, seed=0):
    """Random pictures and classes, as in the published files."""
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (n, 28, 28)), draw.integers(0, 10, n)


def publish(root, images, labels, name="MNIST", kind="train", suffix=""):
    """Write the two files of a part where the data set looks for them."""
    raw = root / name / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for array, file in ((images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")):
        content = idx(array)
        (raw / f"{kind}-{file}{suffix}").write_bytes(
            gzip.compress(content) if suffix else content
        )
    return raw


@pytest.fixture
def datasets(tapegrad):
    """The namespace under test."""
    return tapegrad.vision.datasets


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_reads_published_files(tapegrad, datasets, tmp_path, suffix):
    """Pictures and classes are those in the files, compressed or not."""
    images, labels = pictures()
    publish(tmp_path, images, labels, suffix=suffix)
    data = datasets.MNIST(tmp_path)

    assert data.data.dtype is tapegrad.uint8 and data.targets.dtype is tapegrad.int64
    np.testing.assert_array_equal(data.data.numpy(), images)
    np.testing.assert_array_equal(data.targets.numpy(), labels)


def test_parts_are_separate(datasets, tmp_path):
    """``train=False`` reads the files of the test part."""
    publish(tmp_path, *pictures(3, seed=1))
    publish(tmp_path, *pictures(2, seed=2), kind="t10k")

    assert len(datasets.MNIST(tmp_path)) == 3
    assert len(datasets.MNIST(tmp_path, train=False)) == 2


@pytest.mark.parametrize("name", ["FashionMNIST", "KMNIST"])
def test_kin_have_their_own_folder(datasets, tmp_path, name):
    """The data sets in the shape of MNIST lie in folders of their own name, with their classes."""
    publish(tmp_path, *pictures(4), name=name)
    data = getattr(datasets, name)(tmp_path)

    assert len(data) == 4
    assert list(data.class_to_idx.values()) == list(range(10))


def test_item_is_transformed(tapegrad, datasets, tmp_path):
    """An item is the picture and its class, each after its own transform."""
    images, labels = pictures()
    publish(tmp_path, images, labels)
    to_tensor = tapegrad.vision.transforms.ToTensor()
    data = datasets.MNIST(tmp_path, transform=to_tensor, target_transform=lambda k: k + 100)
    image, target = data[3]

    assert target == labels[3] + 100
    np.testing.assert_array_equal(image.numpy(), (images[3:4] / 255).astype(np.float32))


def test_item_without_pillow(datasets, tmp_path, monkeypatch):
    """Where Pillow is missing the picture is an array."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    images, labels = pictures()
    publish(tmp_path, images, labels)
    image, target = datasets.MNIST(tmp_path)[0]

    np.testing.assert_array_equal(image, images[0])
    assert type(target) is int and target == labels[0]


def test_loader_makes_batches(tapegrad, datasets, tmp_path):
    """A loader stacks the pictures and collects the classes."""
    images, labels = pictures()
    publish(tmp_path, images, labels)
    data = datasets.MNIST(tmp_path, transform=tapegrad.vision.transforms.ToTensor())
    batch, targets = next(iter(tapegrad.utils.data.DataLoader(data, batch_size=4)))

    assert batch.shape == (4, 1, 28, 28)
    assert targets.tolist() == labels[:4].tolist()


def test_repr_lists_place_and_transforms(datasets, tmp_path):
    """The printed form names size, root, part and transforms."""
    publish(tmp_path, *pictures())

    assert repr(datasets.MNIST(str(tmp_path), transform=abs)) == (
        "Dataset MNIST\n    Number of datapoints: 5\n"
        f"    Root location: {tmp_path}\n    Split: Train\n"
        "    StandardTransform\nTransform: <built-in function abs>"
    )


def test_missing_files(datasets, tmp_path):
    """Without the files the error says where they belong."""
    with pytest.raises(RuntimeError, match="^Dataset not found. You can use") as caught:
        datasets.MNIST(tmp_path)

    assert str(tmp_path / "MNIST" / "raw") in str(caught.value)


def test_download(datasets, tmp_path):
    """Files that are not there are fetched and their MD5 is checked."""
    server = tmp_path / "server"
    publish(server, *pictures())
    raw = server / "MNIST" / "raw"

    class Nearby(datasets.MNIST):
        mirrors = [f"{raw.as_uri()}/"]
        resources = [
            (path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in raw.iterdir()
        ]

    assert len(Nearby(tmp_path / "root", download=True)) == 5
    assert (tmp_path / "root" / "Nearby" / "raw").is_dir()


def test_damaged_download(datasets, tmp_path):
    """A file with another MD5 is refused and not kept."""
    server = tmp_path / "server"
    publish(server, *pictures())
    raw = server / "MNIST" / "raw"

    class Nearby(datasets.MNIST):
        mirrors = [f"{raw.as_uri()}/"]
        resources = [(path.name, "0") for path in raw.iterdir()]

    with pytest.raises(RuntimeError, match="^File not found or corrupted.$"):
        Nearby(tmp_path / "root", download=True)
    assert list((tmp_path / "root" / "Nearby" / "raw").iterdir()) == []


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "CIFAR10"])
def test_without_a_network(datasets, tmp_path, monkeypatch, name):
    """The error says which file to fetch elsewhere, and where to put it."""
    def unreachable(request, **options):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr("tapegrad.hub.urlopen", unreachable)
    options = {"split": "letters"} if name == "EMNIST" else {}
    with pytest.raises(urllib.error.URLError) as caught:
        getattr(datasets, name)(tmp_path, download=True, **options)

    text = str(caught.value)
    assert "no route to host (to do without the network, fetch http" in text
    assert f"elsewhere and save it as {tmp_path}" in text


DAMAGE = {
    "empty": (lambda content: b"", "is no IDX file"),
    "other bytes": (lambda content: b"\x89PNG" + content[4:], "is no IDX file"),
    "other type": (lambda content: content[:2] + b"\x0d" + content[3:], "is no IDX file"),
    "header cut": (lambda content: content[:9], "ends before the sizes of its 3 dim"),
    "cut short": (lambda content: content[:-1], r"\(5, 28, 28\) and holds 3919 bytes"),
    "too long": (lambda content: content + b"\0", r"\(5, 28, 28\) and holds 3921 bytes"),
    "sizes too large": (
        lambda content: content[:4] + b"\xff" * 12 + content[16:], "holds 3920 bytes"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "text"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_file(datasets, tmp_path, damage, text):
    """What is no IDX file, or not all of one, is refused by name."""
    raw = publish(tmp_path, *pictures())
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(ValueError, match=text) as caught:
        datasets.MNIST(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:40], lambda content: content[:-8] + b"\0" * 8, lambda _: b"no"],
    ids=["cut short", "wrong sum", "not gzip"],
)
def test_damaged_compressed_file(datasets, tmp_path, damage):
    """A compressed file that cannot be read to its end is refused by name."""
    raw = publish(tmp_path, *pictures(), suffix=".gz")
    path = raw / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(ValueError, match="cannot be decompressed") as caught:
        datasets.MNIST(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("images", "labels"),
    [((3, 28, 28), (2,)), ((3, 28), (3,)), ((3, 28, 28), (3, 1))],
    ids=["counts", "flat pictures", "deep labels"],
)
def test_files_that_do_not_belong_together(datasets, tmp_path, images, labels):
    """As many labels as pictures, in the dimensions that they must have."""
    publish(tmp_path, np.zeros(images), np.zeros(labels))

    with pytest.raises(ValueError, match="do not belong together"):
        datasets.MNIST(tmp_path)


def test_transforms_exclude_each_other(datasets):
    """Both forms of transforms at once raise."""
    with pytest.raises(ValueError, match="^Only transforms or transform/target_transform can be"):
        datasets.VisionDataset(".", transforms=max, transform=abs)
