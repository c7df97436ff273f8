"""The default generator of random numbers: seeds, its state, and a way to give it back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tapegrad.ops._arguments import NO_CUDA
from tapegrad.ops.generators import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)


@contextlib.contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, _caller: str = "fork_rng",
    _devices_kw: str = "devices", device_type: str = "cuda",
) -> Iterator[None]:  # fmt: skip
    """Set the default generator back, at the end of the block, to where it was at its start.

    Not ``enabled``, it does nothing. There is no device beside the CPU to fork.
    """
    if not enabled:
        yield
        return
    for _ in devices or ():
        raise AssertionError(NO_CUDA)
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


def thread_safe_generator() -> Generator | None:
    """The generator of a loader's worker that is a thread: None, as workers are processes."""
    return None


__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "seed", "set_rng_state", "thread_safe_generator",
]  # fmt: skip
