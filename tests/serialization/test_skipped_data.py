"""Files that hold room for the bytes of tensors, not the bytes."""

import zipfile
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def skipped(torch: ModuleType, tmp_path: Path) -> Path:
    """Save a matrix and a row of it without their bytes."""
    x = torch.arange(6.0).view(2, 3)
    with torch.serialization.skip_data():
        torch.save({"x": x, "row": x[1]}, tmp_path / "skipped.pt")
    return tmp_path / "skipped.pt"


def test_zeros_take_the_place(torch: ModuleType, skipped: Path) -> None:
    """The file has its structure, and zeros for every number."""
    read = torch.load(skipped)

    assert read["x"].tolist() == [[0.0] * 3] * 2
    assert read["row"].data_ptr() == read["x"][1].data_ptr()


def test_bytes_can_be_written_later(torch: ModuleType, skipped: Path) -> None:
    """An entry has no checksum, so that what is put there is read."""
    with zipfile.ZipFile(skipped) as archive:
        entry = archive.getinfo("skipped/data/0")
    content = bytearray(skipped.read_bytes())
    at = entry.header_offset + len(content[entry.header_offset:].split(b"Z", 1)[0])
    at += -at % 64
    content[at:at + entry.file_size] = torch.ones(6).numpy().tobytes()
    skipped.write_bytes(content)

    assert entry.CRC == 0
    assert torch.load(skipped)["x"].tolist() == [[1.0] * 3] * 2


def test_loading_without_bytes(torch: ModuleType, tmp_path: Path) -> None:
    """What is loaded has its shape and dtype, whatever its numbers; the setting ends."""
    torch.save(torch.ones(2, 3).double(), tmp_path / "x.pt")
    with torch.serialization.skip_data():
        empty = torch.load(tmp_path / "x.pt")

    assert (empty.shape, empty.dtype) == ((2, 3), torch.float64)
    assert torch.load(tmp_path / "x.pt").tolist() == [[1.0] * 3] * 2


def test_old_format_is_refused(torch: ModuleType, tmp_path: Path) -> None:
    """Only archives have room for what comes later."""
    with torch.serialization.skip_data(), pytest.raises(
        RuntimeError,
        match="^Cannot use skip_data=True with _use_new_zipfile_serialization=False$",
    ):
        torch.save(torch.ones(2), tmp_path / "x.pt", _use_new_zipfile_serialization=False)


def test_pytorch_reads_it(skipped: Path, reference: ModuleType) -> None:
    """A skipped file is one to PyTorch too."""
    assert reference.load(skipped)["row"].tolist() == [0.0] * 3
