"""``from_file``: tensors over the memory of a file, beside PyTorch's."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from beside import assert_alike

CALLS = [
    "torch.from_file({path!r}, size=6)", "torch.from_file({path!r}, size=7)",
    "torch.from_file({path!r})", "torch.from_file({path!r}, True, 3, dtype=torch.int32)",
    "torch.from_file({path!r}, True, 8)", "torch.from_file({path!r}, size=-1)",
    "torch.from_file({path!r} + '.none', size=1)", "torch.from_file({path!r} + '.new', True, 2)",
    "torch.from_file({folder!r}, True, 2)", "torch.from_file(3)", "torch.from_file()",
    "torch.from_file({path!r}, size=2, dtype=torch.float64, requires_grad=True)",
]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch: ModuleType, reference: ModuleType, tmp_path: Path, call) -> None:
    """Elements, and what is said of files that are missing or too short."""
    path = tmp_path / "numbers"
    np.arange(6, dtype=np.float32).tofile(path)

    assert_alike(call.format(path=str(path), folder=str(tmp_path)), torch, reference)


@pytest.mark.parametrize("shared", [True, False])
def test_writes_reach_the_file_if_shared(torch: ModuleType, tmp_path: Path, shared: bool) -> None:
    """A shared tensor writes to the file, another one to memory of its own."""
    path = tmp_path / "numbers"
    np.zeros(2, np.float32).tofile(path)
    mapped = torch.from_file(str(path), shared, 2)
    mapped.fill_(3)
    del mapped

    assert np.fromfile(path, np.float32).tolist() == ([3, 3] if shared else [0, 0])


@pytest.mark.parametrize("call", [
    "from_file({path!r}, False, 3)", "from_file({path!r}, nbytes=0)", "from_file({path!r})",
    "from_file({path!r}, False, 7)", "from_file({path!r}, False, -1)", "from_file(3, False, 2)",
    "from_file({path!r} + '.none', False, 1)", "from_file({path!r}, False, 'a')",
    "from_file({path!r}, True, 8)",
])  # fmt: skip
def test_storages(torch: ModuleType, reference: ModuleType, tmp_path: Path, call: str) -> None:
    """A storage over a file holds its first bytes, and refuses what tensors refuse."""
    path = tmp_path / "bytes"
    np.arange(6, dtype=np.uint8).tofile(path)

    assert_alike(f"torch.UntypedStorage.{call.format(path=str(path))}.tolist()", torch, reference)


@pytest.mark.parametrize("shared", [True, False])
def test_writes_to_storages(torch: ModuleType, tmp_path: Path, shared: bool) -> None:
    """What is written to a storage reaches the file if it is shared."""
    path = tmp_path / "bytes"
    np.zeros(2, np.uint8).tofile(path)
    storage = torch.UntypedStorage.from_file(str(path), shared, 2)
    storage[1] = 5
    del storage

    assert np.fromfile(path, np.uint8).tolist() == [0, 5 if shared else 0]
