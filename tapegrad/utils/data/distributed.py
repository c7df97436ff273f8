"""The part of a dataset that one of several training processes takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tapegrad.distributed import NO_GROUP
from tapegrad.ops.generators import Generator
from tapegrad.ops.random import randperm
from tapegrad.utils.data.dataset import Dataset
from tapegrad.utils.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every ``num_replicas``-th index from ``rank`` on, of a permutation that all ranks share.

    The permutation is that of ``seed + epoch`` (``set_epoch``), or the order of the dataset
    without ``shuffle``. So that all ranks get as many, indices from the start are repeated at the
    end, or with ``drop_last`` the last are left out. There are no process groups here: both
    numbers must be given. Raises ValueError for a rank that is none.
    Source: https://docs.pytorch.org/docs/2.13/data.html
    """

    def __init__(
        self,
        dataset: Dataset,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(f"{NO_GROUP} Give num_replicas and rank.")
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset: Any = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        n = len(dataset)  # type: ignore[arg-type]
        n_short = 0 if drop_last else -n % num_replicas
        self.num_samples = (n + n_short) // num_replicas
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = range(n)
        if self.shuffle:
            order = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        repeated = order if self.drop_last else itertools.cycle(order)
        indices = list(itertools.islice(repeated, self.total_size))
        if len(indices) != self.total_size:
            raise AssertionError(
                f"Number of indices ({len(indices)}) does not match total_size ({self.total_size})"
            )
        return iter(indices[self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose another permutation; call it before each epoch, in all processes alike."""
        self.epoch = epoch


__all__ = ["DistributedSampler"]
