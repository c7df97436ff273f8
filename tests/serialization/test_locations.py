"""map_location, mapped files, and the settings of loading."""

import io
import mmap
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from archives import loaded, saved
from beside import assert_alike

MADE = """
import io, zipfile
def swapped(location, value):
    stream, result = io.BytesIO(), io.BytesIO()
    torch.save(value, stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(result, 'w') as new:
        for name in old.namelist():
            size = len(location).to_bytes(4, 'little')
            new.writestr(name, old.read(name).replace(
                b'X\\x03\\0\\0\\0cpu', b'X' + size + location.encode()))
    result.seek(0)
    return result
x = torch.arange(3.)
"""
CALLS = [
    *(f"torch.load(swapped('{location}', x))" for location in (
        "cuda:0", "cuda", "xpu:1", "mtia:0", "hpu", "privateuseone", "weird")),
    "torch.load(swapped('cuda:0', x), map_location='cpu')",
    "torch.load(swapped('cuda:0', x), map_location=torch.device('cpu'))",
    "torch.load(swapped('cuda:0', x), map_location={'cuda:0': 'cpu'})",
    "torch.load(swapped('cuda:0', x), map_location={'cuda:1': 'cpu'})",
    "torch.load(swapped('cuda:0', x), map_location=lambda storage, location: storage)",
    "torch.load(swapped('cuda:0', x), map_location=lambda storage, location: None)",
    "torch.load(swapped('cpu', x), map_location='cuda')",
    "seen = []; torch.load(swapped('cuda:1', [x, x[1:], x + 1]), "
    "map_location=lambda storage, location: seen.append((location, storage.nbytes())) or storage)"
    "; sorted(seen)",
    "torch.load(swapped('cpu', x), map_location=lambda storage, location: storage.clone())",
]


@pytest.mark.parametrize("code", CALLS)
def test_map_location(tapegrad: ModuleType, reference: ModuleType, code: str) -> None:
    """Storages go where PyTorch sends them, or the same refusal says why not."""
    assert_alike(MADE + code, tapegrad, reference)


def test_registered_devices(torch: ModuleType) -> None:
    """A device of the user's own is asked in the order of its priority."""
    serialization = torch.serialization
    asked = []

    def restore(storage: Any, location: str) -> Any:
        asked.append(location)
        return storage if location == "own" else None

    serialization.register_package(5, lambda storage: None, restore)
    try:
        storage = torch.ones(2).untyped_storage()
        assert serialization.default_restore_location(storage, "own") is storage
        assert serialization.default_restore_location(storage, "cpu") is storage
        assert serialization.location_tag(storage) == "cpu"
        assert asked == ["own", "cpu"]
    finally:
        packages = getattr(serialization, "_package_registry", None)
        if packages is None:
            from tapegrad.serialization.locations import _packages as packages
        packages.pop(0)


def test_mapped_files(torch: ModuleType, tmp_path: Path) -> None:
    """Mapped storages show the file, share memory as they should, and keep writes to themselves."""
    path = tmp_path / "model.pt"
    x = torch.arange(6.0)
    torch.save([x, x[2:], torch.zeros(0), torch.ones(2, dtype=torch.int8)], path)
    whole, part, empty, small = torch.load(path, mmap=True)
    part[0] = 9

    assert whole.tolist() == [0, 1, 9, 3, 4, 5] and part.storage_offset() == 2
    assert empty.tolist() == [] and small.tolist() == [1, 1]
    assert torch.load(path)[0].tolist() == [0, 1, 2, 3, 4, 5]


def test_mapped_files_that_are_shared(torch: ModuleType, tmp_path: Path) -> None:
    """With MAP_SHARED, and only then, a write goes to the file."""
    path = tmp_path / "model.pt"
    torch.save(torch.arange(3.0), path)
    options = torch.serialization.set_default_mmap_options
    with options(mmap.MAP_SHARED):
        assert torch.serialization.get_default_mmap_options() == mmap.MAP_SHARED
        torch.load(path, mmap=True)[0] = 7
    written = np.frombuffer(path.read_bytes(), np.uint8).tobytes()

    assert torch.serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    assert np.float32(7).tobytes() in written


def test_mapping_a_replaced_file(torch: ModuleType, tmp_path: Path) -> None:
    """A mapped tensor outlives the replacement of its file."""
    path = tmp_path / "model.pt"
    torch.save(torch.full((10_000,), 3.0), path)
    mapped = torch.load(path, mmap=True)
    if torch.__name__ == "torch":
        pytest.skip("PyTorch writes over the mapped file")
    torch.save(torch.zeros(2), path)

    assert mapped.min() == mapped.max() == 3


@pytest.mark.parametrize(("force", "forbid", "given", "expected"), [
    ("1", "0", False, "refused"), ("0", "1", None, "loaded"), ("0", "1", True, "refused"),
    ("1", "1", None, "Only one of"),
])
def test_environment(
    torch: ModuleType, monkeypatch: pytest.MonkeyPatch,
    force: str, forbid: str, given: bool | None, expected: str,
) -> None:
    """The environment may insist on restricted loading, or give it up where nothing was said."""
    data = saved(torch, torch.nn.Identity())
    monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", force)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", forbid)
    if expected == "loaded":
        with pytest.warns(UserWarning, match="TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected"):
            assert repr(loaded(torch, data, weights_only=given)) == "Identity()"
    else:
        text = "Weights only load failed" if expected == "refused" else expected
        with pytest.raises(Exception, match=text):
            loaded(torch, data, weights_only=given)


def test_files_from_the_shell(torch: ModuleType, tmp_path: Path) -> None:
    """Paths as text and as Path, open files, and names that are not ASCII."""
    for name in ("plain.pt", "ünïcode.pt", "two.dots.pt", "none"):
        path = tmp_path / name
        torch.save({"x": torch.ones(1)}, str(path))
        with open(path, "rb") as file:
            assert torch.load(file)["x"].tolist() == [1]
        assert torch.load(path)["x"].tolist() == torch.load(str(path))["x"].tolist() == [1]
        with open(path, "wb") as file:
            torch.save(torch.zeros(1), file)
        assert torch.load(path).tolist() == [0]


def test_compressed_streams(torch: ModuleType, tmp_path: Path) -> None:
    """A gzip file is a file object like any other."""
    import gzip

    path = tmp_path / "x.gz"
    for is_new in (True, False):
        with gzip.open(path, "wb") as file:
            torch.save(torch.arange(3), file, _use_new_zipfile_serialization=is_new)
        with gzip.open(path, "rb") as file:
            assert torch.load(file).tolist() == [0, 1, 2]


def test_torchscript_archives(tapegrad: ModuleType) -> None:
    """A program is no data: it is refused, with PyTorch's text where there is one."""
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "version"):
            archive.writestr(f"a/{name}", b"3")

    with pytest.raises(RuntimeError, match="Cannot use ``weights_only=True`` with TorchScript"):
        loaded(tapegrad, stream.getvalue())
    with pytest.raises(RuntimeError, match="has no torch.jit"):
        loaded(tapegrad, stream.getvalue(), weights_only=False)
