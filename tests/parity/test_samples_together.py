"""Entries of PyTorch's table mapped over a batch: the launches of one sample, run for all of them.

``vmap`` calls a function once where it can and once for each sample where it cannot; both have to
give the same, for each operation and its gradient. Functions that no log tells everything about
would be seen here: a kernel that does not keep to its contract, elements that Python reads.
"""

import warnings
from itertools import product

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("expecttest", reason="PyTorch's table of operations needs it")

import tapegrad
from tapegrad.func import _together, batching, grad, vmap
from tapegrad.utils._pytree import tree_flatten, tree_unflatten

from . import calls, convert, table

ENTRIES = table.entries()
UNINITIALISED = {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty",
                 "new_empty_strided"}
SAMPLES = 2


def alike(value):
    """Two more samples that an operation takes if it takes the first: smaller, or in turn."""
    if value.is_floating_point():
        return [value * 0.75, value * 0.5]
    flat = value.flatten()
    return [flat.roll(k).reshape(value.shape) for k in (1, 2)]


def unlike(value):
    """Two more of which other elements are chosen, cut off, or the same."""
    if value.is_floating_point():
        return [value.relu(), -value.flip(tuple(range(value.ndim)))]
    if value.dtype is tapegrad.bool:
        return [~value, value.flatten().roll(1).reshape(value.shape) & value]
    return [value.flatten()[:1].expand(value.numel()).reshape(value.shape), value.clone()]


class Mapped:
    """An entry's operation as a function of the tensors among a sample's arguments."""

    def __init__(self, entry, sample):
        self.operation = convert.operation(entry)
        self.leaves, self.spec = tree_flatten(calls.Call(sample).ours)
        self.places = [k for k, one in enumerate(self.leaves) if isinstance(one, tapegrad.Tensor)]
        self.first = [self.leaves[k].detach() for k in self.places]

    def forward(self, *tensors):
        """All tensors of the result."""
        leaves = list(self.leaves)
        for k, one in zip(self.places, tensors, strict=True):
            leaves[k] = one
        input, args, kwargs = tree_unflatten(leaves, self.spec)
        found = tree_flatten(self.operation(input, *args, **kwargs))[0]
        return [one for one in found if isinstance(one, tapegrad.Tensor)]

    def gradient(self, *tensors):
        """The gradients of the squares of the result, by all floats."""
        floats = [k for k, one in enumerate(tensors) if one.is_floating_point()]

        def total(*chosen):
            given = list(tensors)
            for k, one in zip(floats, chosen, strict=True):
                given[k] = one
            return sum(one.square().sum() for one in self.forward(*given)
                       if one.is_floating_point())

        return grad(total, argnums=tuple(range(len(floats))))(*[tensors[k] for k in floats])

    def result(self, function, more):
        """What all samples give, or None if it is refused."""
        tapegrad.manual_seed(0)
        try:
            batches = [tapegrad.stack([one, *more(one)]) for one in self.first]
            return tree_flatten(vmap(function)(*batches))[0]
        except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError):
            return None


def chosen_samples(name):
    """A few samples of an entry, of floats if it takes them."""
    entry = ENTRIES[name]
    dtypes = table.dtypes_of(entry)
    made = table.samples(entry, "float32" if "float32" in dtypes else dtypes[0]) if dtypes else ()
    for sample in made[::max(len(made) // SAMPLES, 1)]:
        try:
            yield Mapped(entry, sample)
        except (convert.NotOurs, convert.Missing):
            continue


def pairs(name, monkeypatch):
    """Give the results by one call and by a call a sample, of some samples of an entry."""
    for mapped in chosen_samples(name):
        functions = (mapped.forward, mapped.gradient)[:1 + ENTRIES[name].supports_autograd]
        for function, more in product(functions, (alike, unlike) if mapped.first else ()):
            with monkeypatch.context() as patch:
                patch.setattr(batching, "may_run_together", lambda *_: False)
                each = mapped.result(function, more)
            yield mapped.result(function, more), each


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in UNINITIALISED])
def test_entry(name, monkeypatch):
    """One call gives, to the last bits of sums, what a call for each sample gives."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for together, each in pairs(name, monkeypatch):
            assert (together is None) == (each is None)
            for one, other in zip(together or [], each or [], strict=True):
                assert (one.shape, one.dtype) == (other.shape, other.dtype)
                tapegrad.testing.assert_close(one, other, rtol=1e-5, atol=1e-5, equal_nan=True)


def test_most_entries_are_called_once(monkeypatch):
    """The comparison is one of two ways: only few functions are called for each sample."""
    n_together = []
    of_all = _together.FirstSample.of_all
    monkeypatch.setattr(batching.FirstSample, "of_all", lambda first, most: n_together.append(
        found := of_all(first, most)) or found)
    for name in list(ENTRIES)[::20]:
        if name not in UNINITIALISED:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                list(pairs(name, monkeypatch))

    assert sum(one is not None for one in n_together) > 0.7 * len(n_together) > 50
