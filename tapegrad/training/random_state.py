"""The state of everything that draws random numbers, taken and put back."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tapegrad.ops.create import tensor
from tapegrad.ops.generators import Generator, default_generator


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and tapegrad's default generators with the same number.

    Raises ValueError for a seed outside [0, 2**32), which NumPy does not take.
    """
    np.random.seed(seed)
    random.seed(seed)
    default_generator.manual_seed(seed)


def random_state(generators: Sequence[Generator] = ()) -> dict[str, Any]:
    """The states of the three default generators and of ``generators``, as ``save`` can write them.

    NumPy's ``default_rng`` objects are not among them: they belong to who made them.
    """
    version, words, normal = random.getstate()
    name, keys, *rest = np.random.get_state()
    return {
        "python": (version, tensor(words), normal),
        "numpy": (name, tensor(np.asarray(keys, np.int64)), *rest),
        "tapegrad": [one.get_state() for one in (default_generator, *generators)],
    }


def set_random_state(state: dict[str, Any], generators: Sequence[Generator] = ()) -> None:
    """Go back to what :func:`random_state` gave for as many generators. Else raises ValueError."""
    streams = (default_generator, *generators)
    if len(streams) != len(state["tapegrad"]):
        raise ValueError(
            f"the state is one of {len(state['tapegrad']) - 1} generators beside the default one, "
            f"not of {len(generators)}"
        )
    version, words, normal = state["python"]
    random.setstate((version, tuple(words.tolist()), normal))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    for generator, one in zip(streams, state["tapegrad"], strict=True):
        generator.set_state(one)


def generators_of(loaders: Iterable[Any]) -> list[Generator]:
    """The generators that loaders and their samplers draw from, each once, in a fixed order."""
    found: dict[int, Generator] = {}
    for loader in loaders:
        holder = loader
        while holder is not None:
            generator = getattr(holder, "generator", None)
            if isinstance(generator, Generator) and generator is not default_generator:
                found[id(generator)] = generator
            inner = getattr(holder, "batch_sampler", None)
            holder = getattr(holder, "sampler", None) if inner is None else inner
    return list(found.values())


__all__ = ["generators_of", "random_state", "seed_everything", "set_random_state"]
