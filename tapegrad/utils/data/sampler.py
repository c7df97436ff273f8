"""Samplers: the order in which the samples of a dataset are taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from tapegrad import _types
from tapegrad.ops.create import as_tensor, empty
from tapegrad.ops.distributions import multinomial
from tapegrad.ops.generators import Generator
from tapegrad.ops.random import randint, randperm

_T_co = TypeVar("_T_co", covariant=True)

# Numbers with replacement are drawn this many at a time: their order depends on it.
_DRAWN_AT_ONCE = 32


class Sampler(Generic[_T_co]):
    """Indices, or lists of them, in some order: subclasses define ``__iter__``, maybe ``__len__``.

    Source: https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.Sampler
    """

    def __iter__(self) -> Iterator[_T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """The indices from 0 on."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order, each once; or with ``replacement`` drawn anew each time.

    ``num_samples`` of them, by default as many as there are; without replacement more than that
    are one permutation after the other. They are drawn as they are taken. Without a ``generator``
    the default one gives the seed of each iteration. Raises ValueError for ``num_samples < 1``.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, but got "
                f"num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        """How many indices an iteration gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        # Chained, not yielded one by one, which would enter this frame for every index.
        return itertools.chain.from_iterable(self._drawn())

    def _drawn(self) -> Iterator[list[int]]:
        n = len(self.data_source)
        generator = self.generator or Generator().manual_seed(drawn_seed(None))
        size = _DRAWN_AT_ONCE if self.replacement else n
        n_whole, n_rest = divmod(self.num_samples, size)
        for count in itertools.chain(itertools.repeat(size, n_whole), [n_rest]):
            # A last draw of which nothing is used still moves the generator of the caller on.
            if count == 0 and self.generator is None:
                return
            if self.replacement:
                yield randint(n, (count,), generator=generator).tolist()
            else:
                yield randperm(n, generator=generator).tolist()[:count]

    def __len__(self) -> int:
        return self.num_samples


def drawn_seed(generator: Generator | None) -> int:
    """A seed drawn from a generator; from the default one if there is none."""
    return empty((), dtype=_types.int64).random_(generator=generator).item()


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, each once."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for place in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with probabilities in proportion to ``weights``, by default with replacement.

    Raises ValueError for weights that are no vector and for ``num_samples < 1``.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _check_count("num_samples", num_samples)
        _check_flag("replacement", replacement)
        self.weights = as_tensor(weights, dtype=_types.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of ``batch_size`` indices of another sampler, or of any iterable.

    The last, shorter list is left out with ``drop_last``. Raises ValueError for
    ``batch_size < 1``.
    """

    def __init__(
        self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        _check_count("batch_size", batch_size)
        _check_flag("drop_last", drop_last)
        self.sampler: Any = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        n_full, n_rest = divmod(len(self.sampler), self.batch_size)
        return n_full + (n_rest > 0 and not self.drop_last)


def _check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} should be a boolean value, but got {name}={value}")


__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler",
    "WeightedRandomSampler",
]  # fmt: skip
