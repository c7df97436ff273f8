"""The format before PyTorch 1.6, and the tar archives of PyTorch 0.1."""

import io
import pickle
import struct
import tarfile
from collections import OrderedDict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from archives import loaded, saved


def tar_file(storages: bytes, tensors: bytes, pickled: bytes, names: str = "stp") -> bytes:
    stream = io.BytesIO()
    members = (("storages", storages), ("tensors", tensors), ("pickle", pickled))
    with tarfile.open(fileobj=stream, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            if name[0] in names:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def oldest(count: int = 6, offset: int = 1) -> dict[str, bytes]:
    """Give the members of a file with a storage, a view of it, two tensors and a dict of them."""
    kind = b"\x80\x02(K\x07X\x03\0\0\0cpuctorch\nFloatStorage\nt."
    storages = (pickle.dumps(1, 2) + kind + struct.pack("<q", count)
                + np.arange(6, dtype="<f4").tobytes() + pickle.dumps([(8, 7, 2, 3)], 2))

    def tensor(key: int, storage: int, offset: int, size: tuple, stride: tuple) -> bytes:
        head = f"\x80\x02(K{chr(key)}K{chr(storage)}ctorch\nFloatTensor\nt.".encode("latin1")
        return (head + struct.pack("<ixxxx", len(size))
                + struct.pack(f"<{2 * len(size) + 1}q", *size, *stride, offset))

    tensors = (pickle.dumps(2, 2) + tensor(20, 7, offset, (2, 2), (2, 1))
               + tensor(21, 8, 0, (3,), (1,)))

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return value[1] if isinstance(value, tuple) and value[:1] == ("key",) else None

    stream = io.BytesIO()
    Pickler(stream, 2).dump(OrderedDict(a=("key", 20), b=("key", 21)))
    return {"storages": storages, "tensors": tensors, "pickled": stream.getvalue()}


def test_the_oldest_format(torch: ModuleType, tmp_path: Path) -> None:
    """A tar archive is read as PyTorch reads it, views included, but only unrestricted."""
    path = tmp_path / "old.t7"
    path.write_bytes(tar_file(**oldest()))
    value = torch.load(path, weights_only=False)

    assert list(value) == ["a", "b"]
    assert value["a"].tolist() == [[1, 2], [3, 4]]
    assert value["b"].tolist() == [2, 3, 4]
    with pytest.raises(RuntimeError, match="Cannot use ``weights_only=True`` with files saved in "
                                           "the legacy .tar format"):
        torch.load(path)


@pytest.mark.parametrize(
    "changes", [{"count": 10**11}, {"count": -1}, {"offset": 3}, {"offset": -1}])
def test_oldest_files_that_lie(tapegrad: ModuleType, changes: dict) -> None:
    """Sizes and offsets are checked in this format too."""
    with pytest.raises(RuntimeError, match="unexpected EOF|out of bounds|invalid storage offset"):
        loaded(tapegrad, tar_file(**oldest(**changes)), weights_only=False)


def test_oldest_files_without_a_member(tapegrad: ModuleType) -> None:
    """What is missing is named."""
    for missing, left in (("storages", "tp"), ("tensors", "sp"), ("pickle", "st")):
        with pytest.raises(RuntimeError, match=f"has no entry '{missing}'"):
            loaded(tapegrad, tar_file(**oldest(), names=left), weights_only=False)


def test_views_of_storages(torch: ModuleType) -> None:
    """Old files name parts of storages; they share the memory of the whole."""
    part = (b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK\x06"
            b"(X\x01\0\0\0bK\x02K\x03ttQ")
    whole = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK\x06NtQ"

    def tensor(storage: bytes, count: int) -> bytes:
        return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0K" + bytes([count])
                + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR")

    head = b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))
    data = (head + b"\x80\x02" + tensor(part, 3) + tensor(whole, 6) + b"\x86."
            + pickle.dumps(["a"], 2) + struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes())
    some, every = loaded(torch, data)
    some[0] = 9

    assert some.tolist() == [9, 3, 4]
    assert every.tolist() == [0, 1, 9, 3, 4, 5]


def test_tensors_of_the_oldest_pickles(torch: ModuleType) -> None:
    """Before 0.4, a tensor was an empty one whose state was its storage and geometry."""
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK\x04NtQ"
    state = b"(" + storage + b"K\x01K\x02\x85K\x01\x85t"
    head = b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))
    data = (head + b"\x80\x02ctorch\nFloatTensor\n)R" + state + b"b." + pickle.dumps(["a"], 2)
            + struct.pack("<q", 4) + np.arange(4, dtype="<f4").tobytes())

    assert loaded(torch, data).tolist() == [1, 2]


def test_modules_with_their_source(torch: ModuleType) -> None:
    """Old files of whole modules carry the source of the classes, which is not looked at."""
    kind = (b"(X\x06\0\0\0modulectorch.nn.modules.activation\nTanh\nX\x01\0\0\0fX\x01\0\0\0stQ")
    head = b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))
    state = b"}X\x08\0\0\0training\x89s"
    data = head + b"\x80\x02" + kind + b")\x81" + state + b"b." + pickle.dumps([], 2)
    if torch.__name__ == "torch":
        pytest.skip("PyTorch warns here that the source has changed")

    assert loaded(torch, data, weights_only=False).training is False


def test_what_python_2_wrote(torch: ModuleType) -> None:
    """Byte strings inside a storage's name are understood, whatever the encoding."""
    storage = (b"(U\x07storagectorch\nFloatStorage\nU\x01aU\x03cpuK\x02NtQ")
    data = (b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))
            + b"\x80\x02ctorch._utils\n_rebuild_tensor\n(" + storage + b"K\0K\x02\x85K\x01\x85tR."
            + b"\x80\x02]U\x01aa." + struct.pack("<q", 2) + np.arange(2, dtype="<f4").tobytes())

    assert loaded(torch, data).tolist() == [0, 1]
    assert loaded(torch, data, weights_only=False, encoding="bytes").tolist() == [0, 1]


def test_old_files_hold_many_of_each_other(torch: ModuleType) -> None:
    """Several objects written one after the other into a stream come out one by one."""
    data = saved(torch, torch.ones(2), _use_new_zipfile_serialization=False)
    stream = io.BytesIO(data + saved(torch, 5, _use_new_zipfile_serialization=False))

    assert torch.load(stream).tolist() == [1, 1]
    assert torch.load(stream) == 5
