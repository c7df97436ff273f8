"""Which tensors lie in each other's memory."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from tapegrad._tensor import Tensor


def sharing(tensors: dict[str, Tensor]) -> list[set[str]]:
    """The names in groups whose tensors overlap in memory."""
    by_storage: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        if storage.nbytes():
            by_storage[storage.data_ptr(), storage.nbytes()].append(name)
    return [group for names in by_storage.values() for group in _overlapping(names, tensors)]


def _overlapping(names: list[str], tensors: dict[str, Tensor]) -> list[set[str]]:
    spans = sorted((*np.lib.array_utils.byte_bounds(tensors[name]._array), name) for name in names)
    groups: list[set[str]] = []
    end = -1
    for first, last, name in spans:
        if first >= end:
            groups.append(set())
        groups[-1].add(name)
        end = max(end, last)
    return groups


def duplicates(
    state: dict[str, Tensor], preferred: set[str] | None = None
) -> dict[str, list[str]]:
    """For each group of names over the same memory: the one to keep, and the others."""
    found = {}
    for names in sharing(state):
        complete = {name for name in names if _covers_storage(state[name])}
        if not complete:
            raise RuntimeError(
                "Error while trying to find names to remove to save state dict, but found no "
                f"suitable name to keep for saving amongst: {names}. None is covering the entire "
                "storage.Refusing to save/load the model since you could be storing much more "
                "memory than needed. Please refer to "
                "https://huggingface.co/docs/safetensors/torch_shared_tensors for more "
                "information. Or open an issue."
            )
        kept = min(complete & (preferred or set()) or complete)
        found[kept] = sorted(names - {kept})
    return found


def _covers_storage(tensor: Tensor) -> bool:
    storage = tensor.untyped_storage()
    return tensor.nbytes == storage.nbytes() and tensor.data_ptr() == storage.data_ptr()
