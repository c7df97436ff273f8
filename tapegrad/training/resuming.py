"""The rest of a pass over a loader, as it would have come without the interruption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from tapegrad.ops.generators import Generator
from tapegrad.training.corrupt import EmptyBatchError
from tapegrad.training.random_state import set_random_state
from tapegrad.utils.data import DataLoader, IterableDataset


def rest_of_pass(
    loader: Iterable[Any],
    n_done: int,
    state_at_start: dict[str, Any],
    state_now: dict[str, Any],
    generators: list[Generator],
) -> Iterator[Any]:
    """The batches from number ``n_done`` on of the pass that began with ``state_at_start``.

    The pass is begun again from its random state, so that a shuffling loader gives the same order;
    then ``state_now`` is put back. A loader of samples by index without workers only draws the
    indices of what is passed over. All others load it: streams, and workers, whose own random
    numbers depend on every sample that they load.
    """
    set_random_state(state_at_start, generators)
    batches: Any = iter(loader)
    passed = batches._sampler_iter if _needs_only_indices(loader) else batches
    for _ in range(n_done):
        with suppress(EmptyBatchError):
            next(passed, None)
    set_random_state(state_now, generators)
    return batches


def _needs_only_indices(loader: Any) -> bool:
    return (
        isinstance(loader, DataLoader)
        and loader.num_workers == 0
        and not isinstance(loader.dataset, IterableDataset)
    )


def start_workers_that_stay(loaders: Iterable[Any]) -> None:
    """Begin a pass over the loaders whose workers stay from pass to pass.

    Workers draw their seeds when they start, which in a resumed training must not happen in a pass
    that found them running before.
    """
    for loader in loaders:
        if getattr(loader, "persistent_workers", False) and loader._iterator is None:
            iter(loader)


def set_epoch(loader: Any, epoch: int) -> None:
    """Tell samplers that shuffle by the number of the epoch which one begins."""
    for name in ("sampler", "batch_sampler"):
        sampler: Any = getattr(loader, name, None)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(epoch)


__all__ = ["rest_of_pass", "set_epoch", "start_workers_that_stay"]
