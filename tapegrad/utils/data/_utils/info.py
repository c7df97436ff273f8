"""What a worker process knows of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Which of ``num_workers`` workers this is, its seed, and its own copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """What a worker process is to its loader; None in any other process.

    Source: https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.get_worker_info
    """
    return _worker_info


def set_worker_info(info: WorkerInfo) -> None:
    """Say what this process is."""
    global _worker_info
    _worker_info = info
