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
