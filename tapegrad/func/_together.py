"""A function of one sample run for all samples, by the launches that it took for the first.

No operation is told how it works on a batch. What a function computes is the launches of its
kernels; these know their memory, so they run again where the other samples lie
(``_kernels/sample_launches.pxi``). That is the whole of a function as long as it reads no elements
in Python, draws no numbers, writes nothing that was there before and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.autograd.backward import repeated
from tapegrad.utils._pytree import tree_flatten, tree_unflatten

# How much memory the samples that go through all launches together may take: it stays in caches.
_BYTES_TOGETHER = 1 << 20


def may_run_together(values: Sequence, dims: Sequence, n_samples: int) -> bool:
    """Whether there are several samples, and no graph that leads to their arguments."""
    is_recorded = is_grad_enabled()
    return n_samples > 1 and not any(
        is_recorded and dim is not None and value.requires_grad
        for value, dim in zip(values, dims, strict=True)
    )


@dataclass
class Together:
    """A tensor in the output for the first sample, and the tensors of all samples in one."""

    first: Tensor
    of_all: Tensor


class FirstSample:
    """A function run on the first sample of a batch: ``output``."""

    def __init__(self, n_samples: int) -> None:
        self.n_samples = n_samples
        self.arguments: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def _argument(self, value: Any, dim: int | None) -> Any:
        """A value as the function gets it: a copy of the first sample's part, at its own place."""
        if dim is None:
            return value
        key = id(value), dim
        if key not in self.arguments:
            of_all = value.detach().movedim(dim, 0)
            first = Tensor._wrap(kernels.row_major(of_all[0]._array))
            self.arguments[key] = first, of_all
        return self.arguments[key][0]

    def run(self, func: Callable, values: Sequence, dims: Sequence, spec: Any, kwargs: dict) -> Any:
        """The function's output."""
        pairs = zip(values, dims, strict=True)
        args = tree_unflatten([self._argument(value, dim) for value, dim in pairs], spec)
        with repeated(True) as self.repetition, kernels.record_sample() as self.log:
            self.output = func(*args, **kwargs)
        return self.output

    def of_all(self, most: int | None) -> list[Together | tuple] | None:
        """For each value of the output that of all samples, which may be the same for each.

        None if the launches are not all that the function does.
        """
        leaves = tree_flatten(self.output)[0]
        tensors = [one for one in leaves if isinstance(one, Tensor)]
        has_graph = self.repetition.kept_graphs() or any(one.requires_grad for one in tensors)
        if self.log is None or has_graph:
            return None
        pairs = [
            (one._array, kernels.contiguous(of_all._array))
            for one, of_all in self.arguments.values()
        ]
        launches = kernels.SampleLaunches(self.log, pairs, self.n_samples)
        bases = [one._base for one in tensors if one._base is not None]
        if not launches.is_possible or launches.is_held([one._array for one in tensors + bases]):
            return None
        arrays = [one._array for one in tensors]
        together = max(_BYTES_TOGETHER // max(launches.bytes_a_sample(), 1), 1)
        try:
            results = launches.run(arrays, min(together, most or together))
        except kernels.KernelRefusal:  # sample by sample it says which value is wrong
            return None
        varying = {
            id(one): Together(one, Tensor._wrap(of_all))
            for one, of_all in zip(tensors, results, strict=True)
            if of_all is not None
        }
        return [varying.get(id(one), (one,) * self.n_samples) for one in leaves]

    def put_back(self) -> None:
        """Write into the batch what the function wrote into its first sample."""
        for one, of_all in self.arguments.values():
            if one._version:
                of_all[0].copy_(one)


__all__ = ["FirstSample", "may_run_together"]
