"""CIFAR-10 and CIFAR-100 from files like the published ones; noise in their place."""

import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest

CLASSES = ["plane", "car", "bird"]


def batch(seed, count=4, key="labels"):
    """Contents of a file: pictures plane by plane, and classes."""
    rng = np.random.default_rng(seed)
    return {
        "batch_label": "of a test", key: rng.integers(0, 3, count).tolist(),
        "data": rng.integers(0, 256, (count, 3072), dtype=np.uint8), "filenames": ["x.png"] * count,
    }  # fmt: skip


def small(base, folder, key="labels"):
    """A subclass that expects small files, and these files."""
    place = folder / base.base_folder
    place.mkdir(parents=True)

    def write(name, content):
        (place / name).write_bytes(pickle.dumps(content, protocol=2))
        return [name, hashlib.md5((place / name).read_bytes()).hexdigest()]

    class Small(base):
        train_list = [write(name, batch(k, key=key)) for k, (name, _) in enumerate(base.train_list)]
        test_list = [write(base.test_list[0][0], batch(9, key=key))]
        meta = {
            "filename": base.meta["filename"], "key": base.meta["key"],
            "md5": write(base.meta["filename"], {base.meta["key"]: CLASSES})[1],
        }  # fmt: skip

    return Small


@pytest.mark.parametrize(("name", "key", "files"), [
    ("CIFAR10", "labels", 5), ("CIFAR100", "fine_labels", 1),
])  # fmt: skip
def test_files_are_read(vision, tmp_path, name, key, files):
    """Pictures, classes and names are those of the files, in their order."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    data = small(getattr(vision.datasets, name), tmp_path, key)(tmp_path)
    expected = [batch(k, key=key) for k in range(files)]

    assert len(data) == 4 * files and data.data.shape == (4 * files, 32, 32, 3)
    assert data.targets == [target for each in expected for target in each[key]]
    assert data.classes == CLASSES and data.class_to_idx == {"plane": 0, "car": 1, "bird": 2}
    image, target = data[1]
    np.testing.assert_array_equal(
        np.array(image), expected[0]["data"][1].reshape(3, 32, 32).transpose(1, 2, 0)
    )
    assert target == expected[0][key][1]


def test_test_pictures(vision, tmp_path):
    """The other part has its own file, is printed, and goes through transforms."""
    data = small(vision.datasets.CIFAR10, tmp_path)(
        str(tmp_path), train=False, transform=vision.transforms.ToTensor()
    )

    assert data[0][0].shape == (3, 32, 32)
    assert "Number of datapoints: 4\n" in repr(data) and "    Split: Test\n" in repr(data)


def test_changed_file_is_refused(vision, tmp_path):
    """A file with another MD5, or none, is not read."""
    kind = small(vision.datasets.CIFAR10, tmp_path)
    with open(tmp_path / kind.base_folder / "data_batch_3", "ab") as file:
        file.write(b"!")

    with pytest.raises(RuntimeError, match="^Dataset not found or corrupted. You can use download="
                       "True to download it$"):
        kind(tmp_path)


class Hostile:
    """A pickle that would make a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("content", [
    Hostile, [1, 2], b"no pickle",
    {"data": np.zeros((1, 3072))}, {"data": np.array([{}])},
])  # fmt: skip
def test_hostile_file_runs_nothing(tapegrad, tmp_path, content):
    """Whatever a file says, no code runs: it is named, and refused."""
    victim, path = tmp_path / "victim", tmp_path / "batch"
    if content is Hostile:
        content = {"data": Hostile(victim)}
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol=2))

    with pytest.raises(RuntimeError, match=f"^{path} is no file of CIFAR: "):
        tapegrad.vision.datasets.cifar.read_batch(path)
    assert not victim.exists()


def test_download(tapegrad, tmp_path):
    """The archive is fetched once, checked and unpacked; members of other names stay inside."""
    kind = small(tapegrad.vision.datasets.CIFAR10, tmp_path / "made")
    archive = tmp_path / kind.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "made" / kind.base_folder, kind.base_folder)
        extra = tarfile.TarInfo("../outside")
        extra.size = 1
        tar.addfile(extra, io.BytesIO(b"!"))
    kind.url = archive.as_uri()
    kind.tgz_md5 = hashlib.md5(archive.read_bytes()).hexdigest()
    first = kind(tmp_path / "root", download=True)
    archive.unlink()

    assert len(first) == len(kind(tmp_path / "root", download=True)) == 20
    assert not (tmp_path / "outside").exists()


def test_damaged_download(tapegrad, tmp_path):
    """An archive with another MD5 is refused and not kept."""
    kind = small(tapegrad.vision.datasets.CIFAR10, tmp_path / "made")
    (tmp_path / kind.filename).write_bytes(b"something else")
    kind.url = (tmp_path / kind.filename).as_uri()
    with pytest.raises(RuntimeError, match="^File not found or corrupted.$"):
        kind(tmp_path / "root", download=True)

    assert list((tmp_path / "root").iterdir()) == []


def test_noise_is_that_of_torchvision(torch, vision):
    """Each picture of noise is the same whenever asked for, and leaves the generator alone."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    data = vision.datasets.FakeData(5, image_size=(3, 4, 4), num_classes=7, random_offset=2)
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    image, target = data[4]

    assert torch.equal(torch.rand(1), first)
    # As torchvision 0.28 gives them.
    row = [[204, 135, 242], [160, 241, 143], [137, 92, 180], [172, 101, 228]]
    assert np.array(image)[0].tolist() == row
    assert target == 0
    with pytest.raises(IndexError, match="^FakeData index out of range$"):
        data[5]
