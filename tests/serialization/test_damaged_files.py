"""Files with bytes changed or cut off end in a result or in an exception, with a name."""

import io
import pickle
import struct
import warnings
from random import Random
from types import ModuleType

import pytest
from archives import loaded, records, saved

N_CHANGES = 150


def sample(torch: ModuleType, is_new: bool) -> bytes:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    x = torch.arange(24.0).reshape(4, 6)
    value = {"state": model.state_dict(), "views": [x, x.t(), x[1:, 2:]], "n": 3, "flags": {1, "a"}}
    return saved(torch, value, _use_new_zipfile_serialization=is_new)


def attempt(torch: ModuleType, data: bytes) -> None:
    """Load, and use every tensor that comes out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = loaded(torch, data)
        except (RuntimeError, ValueError, pickle.UnpicklingError, EOFError):
            return
        for one in flattened(value):
            if isinstance(one, torch.Tensor) and one.numel() < 10_000:
                one.double().sum().item()


def flattened(value: object) -> list:
    pending, leaves = [value], []
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending.extend(one.values())
        elif isinstance(one, list | tuple | set):
            pending.extend(one)
        else:
            leaves.append(one)
    return leaves


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_changed_bytes(tapegrad: ModuleType, is_new: bool) -> None:
    """Bytes changed anywhere end in a result or in the exceptions of loading."""
    data, random = sample(tapegrad, is_new), Random(0)
    for _ in range(N_CHANGES):
        changed = bytearray(data)
        for _ in range(random.choice((1, 1, 2, 8))):
            changed[random.randrange(len(changed))] = random.choice(
                (random.randrange(256), 0, 255, changed[random.randrange(len(changed))]))
        attempt(tapegrad, bytes(changed))


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_changed_pickles(tapegrad: ModuleType, is_new: bool) -> None:
    """The same within the pickle, with checksums that are right again."""
    from archives import pickled_as

    whole, random = sample(tapegrad, True), Random(1)
    pickled = records(whole)["archive/data.pkl"]
    for _ in range(N_CHANGES):
        changed = bytearray(pickled)
        for _ in range(random.choice((1, 2))):
            changed[random.randrange(len(changed))] = random.randrange(256)
        attempt(tapegrad, pickled_as(bytes(changed), bytes(96)) if is_new else
                sample_head() + bytes(changed))


def sample_head() -> bytes:
    return b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_truncated_files(tapegrad: ModuleType, is_new: bool) -> None:
    """A file that ends anywhere before its end is never loaded."""
    data = sample(tapegrad, is_new)
    for size in range(0, len(data) - 1, 37):
        with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError)):
            loaded(tapegrad, data[:size])


def test_a_changed_value_is_found(tapegrad: ModuleType, tmp_path) -> None:
    """A checksum finds what PyTorch does not see; the error names the file and the entry."""
    path = tmp_path / "model.pt"
    tapegrad.save({"a": tapegrad.arange(4.0), "b": tapegrad.arange(5.0) + 7}, path)
    data = bytearray(path.read_bytes())
    data[data.index(struct.pack("<f", 11.0))] ^= 1
    path.write_bytes(data)

    with pytest.raises(RuntimeError, match=r"file data/1: CRC-32 check failed.*model\.pt"):
        tapegrad.load(path)


def test_files_without_checksums_load(torch: ModuleType) -> None:
    """Who switched checksums off in writing can read the file."""
    torch.serialization.set_crc32_options(False)
    try:
        data = saved(torch, torch.arange(3.0))
    finally:
        torch.serialization.set_crc32_options(True)

    assert loaded(torch, data).tolist() == [0, 1, 2]


MISTAKES = [
    "torch.load('absent.pt')", "torch.save(1, 'absent/x.pt')", "torch.save(1, '/usr')",
    "torch.save(1, 3)", "torch.load(3)", "import io; torch.load(io.StringIO('x'))",
    "torch.save(1, type('F', (), {'write': 3})())", "import io; torch.load(io.BytesIO())",
    "torch.serialization.set_default_load_endianness(3)",
    "torch.serialization.set_default_mmap_options(9)", "torch.load('.')",
    "import io; f = io.BytesIO(); torch.save(1, f); torch.load(f, mmap=True)",
    "import io; f = io.BytesIO(); torch.save(1, f, _use_new_zipfile_serialization=False); "
    "f.seek(0); torch.load(f, mmap=True)", "import io; torch.load(io.BytesIO(b'PK\\3\\4'))",
    "import io, pickle; torch.load(io.BytesIO(pickle.dumps(3, 2)))",
    "import io, pickle; torch.load(io.BytesIO(pickle.dumps(0x1950A86A20F9469CFC6C, 2) "
    "+ pickle.dumps(3, 2)))",
    "import io; torch.load(io.RawIOBase())", "torch.load(type('F', (), {'read': None})())",
]


@pytest.mark.parametrize("code", MISTAKES)
def test_mistakes(tapegrad: ModuleType, reference: ModuleType, code: str) -> None:
    """PyTorch's class and text."""
    from beside import assert_alike

    assert_alike(code, tapegrad, reference)


def test_position_in_a_file_object(torch: ModuleType) -> None:
    """A file object is read from where it stands, to the end."""
    stream = io.BytesIO(b"head" + saved(torch, 5, _use_new_zipfile_serialization=False))
    stream.seek(4)

    assert torch.load(stream) == 5
