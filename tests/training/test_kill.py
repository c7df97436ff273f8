"""A training that is killed at any moment ends as if it had not been."""

import json
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("killed.py")
N_MOMENTS = 20


def run(folder: Path, *arguments: int) -> list[dict]:
    """What the program says about the whole training and about each that was killed."""
    command = [sys.executable, str(PROGRAM), str(folder), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_resumed_after_kill(tapegrad, tmp_path: Path) -> None:
    """Weights, averages, history and random numbers are, to the bit, the uninterrupted run's.

    Some were killed before the first checkpoint, most with checkpoints behind them.
    """
    whole, *killed = run(tmp_path, N_MOMENTS, 0, 0)
    with_checkpoints = [any(".pt" in name for name in one["left"]) for one in killed]

    assert len({one["moment"] for one in killed}) == N_MOMENTS
    assert {one["signal"] for one in killed} == {signal.SIGKILL}
    assert [one["moment"] for one in killed if one["digest"] != whole["digest"]] == []
    assert sum(with_checkpoints) > N_MOMENTS // 2


def test_resumed_after_kill_with_workers(tapegrad, tmp_path: Path) -> None:
    """Workers that draw random numbers do not change that."""
    whole, *killed = run(tmp_path, 3, 1, 2)

    assert [one["signal"] for one in killed] == [signal.SIGKILL] * 3
    assert {one["digest"] for one in killed} == {whole["digest"]}
