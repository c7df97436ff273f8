"""From a list of samples to a batch, and from what NumPy holds to tensors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops.create import as_tensor, tensor
from tapegrad.ops.shape import stack

_REFUSAL = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)
# Kinds of NumPy's dtypes that no tensor holds: objects, bytes and strings.
_NO_NUMBERS = "OSU"

CollateMap = dict[type | tuple[type, ...], Callable]


def default_convert(data: Any) -> Any:
    """The same with tensors for NumPy's arrays and scalars, however nested; else unchanged.

    Tuples become lists, named tuples stay. Source:
    https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.default_convert
    """
    if isinstance(data, Tensor):
        return data
    if type(data).__module__ == "numpy" and not isinstance(data, np.str_):
        is_text = type(data) is np.ndarray and data.dtype.kind in _NO_NUMBERS
        return data if is_text else as_tensor(data)
    return map_nested(default_convert, data)


def map_nested(function: Callable[[Any], Any], data: Any) -> Any:
    """A container of the same kind with ``function`` of its items; what is none unchanged."""
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: function(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(function, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence_like(data, list(map(function, data)))
    return data


def _mapping_like(model: Any, items: dict) -> Any:
    """The items in a mapping of the model's type, or in a dict if that cannot be made so."""
    try:
        if isinstance(model, MutableMapping):
            clone: Any = copy.copy(model)  # keeps what else the model has
            clone.update(items)
            return clone
        return type(model)(items)
    except TypeError:
        return items


def _sequence_like(model: Any, items: list) -> Any:
    """The items in a sequence of the model's type, or in a list if that cannot be made so."""
    if type(model) is list or isinstance(model, tuple):
        return items
    try:
        if isinstance(model, MutableSequence):
            clone = copy.copy(model)
            for place, item in enumerate(items):
                clone[place] = item
            return clone
        return type(model)(items)
    except TypeError:
        return items


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Samples as one batch: like the first sample, with a batch in place of each value.

    ``collate_fn_map`` gives for a type the function of the batch that joins values of it; an
    exact type goes before the first of which the value is an instance. Raises TypeError for a
    type that is neither there nor a container, RuntimeError for sequences of unequal lengths.
    """
    first = batch[0]
    join = function_for(first, collate_fn_map)
    if join is not None:
        return join(batch, collate_fn_map=collate_fn_map)

    def collated(values: Any) -> Any:
        return collate(values, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        items = {key: collated([sample[key] for sample in batch]) for key in first}
        return _mapping_like(first, items)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(collated, zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if len(set(map(len, batch))) > 1:
            raise RuntimeError("each element in list of batch should be of equal size")
        return _sequence_like(first, [collated(values) for values in zip(*batch, strict=True)])
    raise TypeError(_REFUSAL.format(type(first)))


def function_for(value: Any, collate_fn_map: CollateMap | None) -> Callable | None:
    """The function that joins values of a type: the exact type's, else the first that fits."""
    if not collate_fn_map:
        return None
    if type(value) in collate_fn_map:
        return collate_fn_map[type(value)]
    for kind, join in collate_fn_map.items():
        if isinstance(value, kind):
            return join
    return None


def collate_tensor_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Tensors of one shape stacked along a new first dimension."""
    return stack(batch, 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Arrays as tensors, joined as these are. Raises TypeError for text and objects."""
    if batch[0].dtype.kind in _NO_NUMBERS:
        raise TypeError(_REFUSAL.format(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """NumPy's numbers as a vector."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Python's floats as a float64 vector."""
    return tensor(batch, dtype=_types.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Whole numbers and truth values as a vector."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Text stays a list of texts."""
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_collate(batch: Any) -> Any:
    """Samples as one batch: tensors, arrays and numbers stacked, containers item by item.

    Tensors of shape ``(*)`` become one of shape ``(batch, *)``; texts a list; tuples a list; other
    containers stay what they are. New types go into ``default_collate_fn_map``. Raises as
    :func:`collate`. Source:
    https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.default_collate
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


__all__ = [
    "collate", "collate_float_fn", "collate_int_fn", "collate_numpy_array_fn",
    "collate_numpy_scalar_fn", "collate_str_fn", "collate_tensor_fn", "default_collate",
    "default_collate_fn_map", "default_convert",
]  # fmt: skip
