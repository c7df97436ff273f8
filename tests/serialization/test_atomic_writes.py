"""What is at a path is replaced whole or stays as it is."""

import io
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

N_KILLS = 40
KILLED = """
import os, random, signal, sys, time
import tapegrad

path, seen = sys.argv[1], set()
random.seed(0)
tapegrad.save([tapegrad.zeros(40_000), tapegrad.zeros(1000)], path)
for turn in range(int(sys.argv[2])):
    inode = os.stat(path).st_ino
    child = os.fork()
    if not child:
        n = turn * 1000
        while True:
            n += 1
            value = float(n)
            tapegrad.save([tapegrad.full((40_000,), value), tapegrad.full((1000,), value)], path)
    # The writer is at work once the file is another one; then it is killed anywhere.
    while os.stat(path).st_ino == inode and not os.waitpid(child, os.WNOHANG)[0]:
        time.sleep(0.001)
    time.sleep(random.uniform(0.0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    large, small = tapegrad.load(path)
    assert large.min() == large.max() == small.min() == small.max() and len(large) == 40_000
    seen.add(large[0].item())
print(len(seen))
"""


def test_killed_while_writing(tapegrad: ModuleType, tmp_path: Path) -> None:
    """Whenever the process is killed, the file is one that was written whole."""
    path = tmp_path / "model.pt"
    done = subprocess.run([sys.executable, "-c", KILLED, path, str(N_KILLS)], capture_output=True,
                          text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > N_KILLS // 2


class Stops(Exception):
    """What a failing disk raises in these tests."""


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_failure_at_any_step(
    tapegrad: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A full disk, a failing sync and a failing rename leave the old file, and no other."""
    path = tmp_path / "model.pt"
    tapegrad.save(1, path)
    if call == "write":
        limited(monkeypatch)
    else:
        monkeypatch.setattr(os, call, fails)

    with pytest.raises((Stops, OSError)):
        tapegrad.save(tapegrad.zeros(100_000), path)
    monkeypatch.undo()
    assert tapegrad.load(path) == 1
    assert os.listdir(tmp_path) == ["model.pt"]


def fails(*args: Any) -> None:
    raise Stops


def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file opened by descriptor refuse more than 4 kB, as a full disk does."""
    opened = os.fdopen

    def open_limited(*args: Any) -> Any:
        file = opened(*args)
        write = file.write

        class Limited:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *exception: Any) -> None:
                file.close()

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

            def write(self, data: Any) -> int:
                if file.tell() + len(data) > 4096:
                    raise OSError(28, "No space left on device")
                return write(data)

        return Limited()

    monkeypatch.setattr(os, "fdopen", open_limited)


def test_what_cannot_be_pickled_leaves_the_file(tapegrad: ModuleType, tmp_path: Path) -> None:
    """An object that cannot be saved does no harm to what was saved before."""
    path = tmp_path / "model.pt"
    tapegrad.save(1, path)

    with pytest.raises((AttributeError, pickle.PicklingError), match="pickle"):
        tapegrad.save(lambda: 0, path)
    assert tapegrad.load(path) == 1
    assert os.listdir(tmp_path) == ["model.pt"]


def test_permissions_and_links(tapegrad: ModuleType, tmp_path: Path) -> None:
    """A new file has the user's mask, an old one keeps its mode, a link stays a link."""
    path, link = tmp_path / "model.pt", tmp_path / "link.pt"
    mask = os.umask(0o027)
    try:
        tapegrad.save(1, path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    link.symlink_to(path)
    tapegrad.save(2, link)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert link.is_symlink() and tapegrad.load(path) == 2


def test_devices_are_written_directly(torch: ModuleType) -> None:
    """What is no ordinary file is not replaced."""
    torch.save(torch.zeros(3), "/dev/null")

    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_file_objects_need_only_write_and_flush(torch: ModuleType) -> None:
    """A stream that cannot seek is good enough to write to."""
    class Sink:
        def __init__(self) -> None:
            self.parts, self.flushes = [], 0

        def write(self, data: Any) -> int:
            self.parts.append(bytes(data))
            return len(data)

        def flush(self) -> None:
            self.flushes += 1

    sink = Sink()
    torch.save(torch.arange(3), sink)

    assert sink.flushes > 0
    assert torch.load(io.BytesIO(b"".join(sink.parts))).tolist() == [0, 1, 2]
