"""Files in the safetensors format, beside the package's own functions for PyTorch."""

import io
import json
import os
import struct
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("safetensors", reason="needs the package safetensors")
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.fixture
def ours(tapegrad: ModuleType) -> ModuleType:
    """Give our module."""
    from tapegrad.utils import safetensors

    return safetensors


@pytest.fixture
def theirs(reference: ModuleType) -> ModuleType:
    """Give the package's module for PyTorch."""
    import safetensors.torch

    return safetensors.torch


def state(torch: ModuleType) -> dict[str, Any]:
    tensors = {dtype: torch.arange(6).reshape(2, 3).to(getattr(torch, dtype)) for dtype in DTYPES}
    return {**tensors, "empty": torch.zeros(0, 3), "number": torch.tensor(2.5)}


def described(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: (str(one.dtype), tuple(one.shape), one.tolist()) for name, one in tensors.items()}


def test_bytes_are_alike(
    tapegrad: ModuleType, reference: ModuleType, ours: ModuleType, theirs: ModuleType
) -> None:
    """What is written is byte for byte what the package writes of PyTorch's tensors."""
    metadata = {"format": "pt"}

    assert ours.save(state(tapegrad), metadata) == theirs.save(state(reference), metadata)
    assert ours.save({}) == theirs.save({})


def test_both_ways(
    tapegrad: ModuleType, reference: ModuleType, ours: ModuleType, theirs: ModuleType,
    tmp_path: Path,
) -> None:
    """Either reads the other's files, whole, in memory and tensor by tensor."""
    mine, other = tmp_path / "mine.safetensors", tmp_path / "other.safetensors"
    ours.save_file(state(tapegrad), mine)
    theirs.save_file(state(reference), other)
    expected = described(state(reference))

    assert described(theirs.load_file(mine)) == described(ours.load_file(other)) == expected
    assert described(ours.load(other.read_bytes())) == expected
    assert described(tapegrad.load(other)) == expected
    with ours.safe_open(other, framework="pt") as file:
        assert file.keys() == sorted(expected) and file.metadata() is None
        assert file.get_tensor("number").item() == 2.5
        assert file.get_slice("int64")[1, :2].tolist() == [3, 4]
        assert file.get_slice("int64").get_shape() == [2, 3]
        assert file.get_slice("int64").get_dtype() == "I64"
        assert set(file.offset_keys()) == set(file.keys())


def test_mapped_tensors(tapegrad: ModuleType, ours: ModuleType, tmp_path: Path) -> None:
    """Writes to a mapped tensor stay private, and it outlives the file's replacement."""
    path = tmp_path / "x.safetensors"
    ours.save_file({"x": tapegrad.arange(3.0)}, path)
    x = ours.load_file(path)["x"]
    x[0] = 9
    ours.save_file({"x": tapegrad.zeros(3)}, path)

    assert x.tolist() == [9, 1, 2]
    assert ours.load_file(path)["x"].tolist() == [0, 0, 0]


def test_bfloat16(
    reference: ModuleType, tapegrad: ModuleType, ours: ModuleType, theirs: ModuleType,
    tmp_path: Path,
) -> None:
    """bfloat16, which the package's NumPy functions fail on, becomes float32 with a warning."""
    path = tmp_path / "x.safetensors"
    x = reference.randn(2, 3).to(reference.bfloat16)
    theirs.save_file({"x": x}, path)
    for read in (lambda: ours.load_file(path), lambda: ours.load(path.read_bytes())):
        with pytest.warns(UserWarning, match="'x' holds torch.bfloat16"):
            loaded = read()["x"]

        assert loaded.dtype is tapegrad.float32 and loaded.tolist() == x.float().tolist()


def test_missing_dtypes(
    reference: ModuleType, ours: ModuleType, theirs: ModuleType, tmp_path: Path
) -> None:
    """A dtype that is not here is named, with the tensor."""
    path = tmp_path / "x.safetensors"
    theirs.save_file({"x": reference.ones(2).to(reference.float8_e5m2)}, path)

    with pytest.raises(RuntimeError, match="'x' holds F8_E5M2"):
        ours.load_file(path)


@pytest.mark.parametrize("tensors", [
    "{'a': x, 'b': x}", "{'a': x[::2]}", "{'a': 3}", "[x]", "{'a': x[2:]}",
    "{'a': x[:3], 'b': x[3:]}", "{'a': x[:3], 'b': x[2:]}",
])
def test_what_is_refused(
    tapegrad: ModuleType, reference: ModuleType, ours: ModuleType, theirs: ModuleType, tensors: str
) -> None:
    """Shared, strided and foreign values are refused with the package's class and text."""
    results = []
    for torch, library in ((tapegrad, ours), (reference, theirs)):
        try:
            results.append(library.save(eval(tensors, {"x": torch.arange(6.0)})))
        except Exception as error:
            # A set's order is the only thing that may differ.
            results.append((type(error), sorted(str(error))))

    assert results[0] == results[1]


def test_models(
    tapegrad: ModuleType, reference: ModuleType, ours: ModuleType, theirs: ModuleType,
    tmp_path: Path,
) -> None:
    """A model with tied weights is written once; names and complaints are the package's."""
    def model(torch: ModuleType) -> Any:
        torch.manual_seed(0)
        layer = torch.nn.Linear(2, 2)
        return torch.nn.Sequential(layer, layer, torch.nn.BatchNorm1d(2))

    paths = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    ours.save_model(model(tapegrad), paths[0])
    theirs.save_model(model(reference), str(paths[1]))
    # The package writes metadata in no order.
    (mine, my_data), (other, other_data) = map(parsed, paths)
    assert mine == other and my_data == other_data
    fresh = model(tapegrad)
    fresh[0].weight.data.zero_()
    assert ours.load_model(fresh, paths[1]) == (set(), [])
    assert fresh[1].weight.tolist() == model(tapegrad)[0].weight.tolist()
    texts = []
    for torch, library in ((tapegrad, ours), (reference, theirs)):
        small = torch.nn.Linear(2, 3)
        with pytest.raises(RuntimeError) as caught:
            library.load_model(small, str(paths[0]))
        texts.append(str(caught.value))
        missing, unexpected = library.load_model(small, str(paths[0]), strict=False)
        texts.append((sorted(missing), sorted(unexpected)))
    assert texts[:2] == texts[2:]


def parsed(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


@pytest.mark.parametrize("change", ["truncated", "header", "offsets", "empty"])
def test_damaged_files(
    tapegrad: ModuleType, ours: ModuleType, tmp_path: Path, change: str
) -> None:
    """A file that is no such file is refused before anything is read by its offsets."""
    from safetensors import SafetensorError

    path = tmp_path / "x.safetensors"
    data = ours.save({"x": tapegrad.arange(3.0)})
    path.write_bytes({
        "truncated": data[:-1], "header": b"\xff" * 8 + data[8:], "empty": b"",
        "offsets": data.replace(b"[0,12]", b"[4,16]"),
    }[change])

    with pytest.raises(SafetensorError):
        ours.load_file(path)
    with pytest.raises(SafetensorError):
        ours.load(path.read_bytes())


def test_writes_are_atomic(
    tapegrad: ModuleType, ours: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing disk leaves the old file and no other."""
    path = tmp_path / "x.safetensors"
    ours.save_file({"x": tapegrad.ones(1)}, path)

    def fails(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        ours.save_file({"x": tapegrad.zeros(1)}, path)
    monkeypatch.undo()

    assert ours.load_file(path)["x"].tolist() == [1]
    assert os.listdir(tmp_path) == ["x.safetensors"]


def test_bytes_and_devices(tapegrad: ModuleType, ours: ModuleType, tmp_path: Path) -> None:
    """Streams are no paths, and there is no other device."""
    path = tmp_path / "x.safetensors"
    ours.save_file({"x": tapegrad.ones(1)}, path)

    with pytest.raises(TypeError):
        ours.load_file(io.BytesIO())
    with pytest.raises(RuntimeError, match="there is no device cuda"):
        ours.load_file(path, device="cuda")
    with pytest.raises(RuntimeError, match="dict map_location is not supported"):
        tapegrad.load(path, map_location={"a": "b"})
