"""From samples to batches: values, dtypes, containers, and what is refused."""

from collections import OrderedDict, UserDict, UserList, defaultdict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest
from support import assert_same

Point = namedtuple("Point", ["x", "y"])


class Tagged(dict):
    """A mapping that has more to it than its items."""

    tag = None


class Fixed(tuple):
    """A tuple of a type of its own."""


def tagged(**items):
    made = Tagged(items)
    made.tag = "kept"
    return made


SAMPLES = {
    "floats": [1.5, 2.5],
    "whole": [3, 4],
    "truths": [True, False],
    "text": ["a", "bc"],
    "bytes": [b"a", b"bc"],
    "tuples": [(1, 2.0), (3, 4.0)],
    "lists": [[1, "a"], [3, "b"]],
    "nested": [{"a": (1, [2.0]), "b": "x"}, {"a": (3, [4.0]), "b": "y"}],
    "named": [Point(1, [2.0]), Point(3, [4.0])],
    "own tuple": [Fixed((1, 2)), Fixed((3, 4))],
    "ordered": [OrderedDict(b=1, a=2), OrderedDict(a=3, b=4)],
    "default": [defaultdict(int, a=1), defaultdict(int, b=2)],
    "read-only": [MappingProxyType({"a": 1}), MappingProxyType({"a": 2})],
    "extra keys": [{"a": 1}, {"a": 2, "b": 3}],
    "user list": [UserList([1, 2]), UserList([3, 4])],
    "user dict": [UserDict(a=1), UserDict(a=2)],
    "ranges": [range(2), range(2, 4)],
    "empty tuples": [(), ()],
    "arrays": [np.arange(3.0), np.arange(3.0)],
    "small arrays": [np.arange(3, dtype=np.int8), np.arange(3, dtype=np.int8)],
    "0-d arrays": [np.array(1.5), np.array(2.5)],
    "float32": [np.float32(1), np.float32(2)],
    "float64": [np.float64(1), np.float64(2)],
    "int16": [np.int16(1), np.int16(2)],
    "bool_": [np.bool_(True), np.bool_(False)],
    "str_": [np.str_("a"), np.str_("b")],
    "None": [None, None],
    "object": [object, object],
    "set": [{1}, {2}],
    "unequal lists": [[1, 2], [3]],
    "unequal tuples": [(1, 2), (3,)],
    "missing key": [{"a": 1}, {"b": 2}],
    "text array": [np.array(["a"]), np.array(["b"])],
    "object array": [np.array([None]), np.array([None])],
    "mixed numbers": [1, 2.5],
    "unequal arrays": [np.arange(3), np.arange(4)],
    "none at all": [],
    "complex": [1j, 2j],
}
TENSORS = {
    "vectors": lambda torch: [torch.arange(3.0), torch.ones(3)],
    "numbers": lambda torch: [torch.tensor(1), torch.tensor(2)],
    "two dtypes": lambda torch: [torch.tensor([1]), torch.tensor([2.5])],
    "unequal": lambda torch: [torch.ones(3), torch.ones(4)],
    "with text": lambda torch: [(torch.ones(2), "a"), (torch.zeros(2), "b")],
    "in a dict": lambda torch: [{"x": torch.ones(2, 2)}, {"x": torch.zeros(2, 2)}],
    "empty": lambda torch: [torch.ones(0), torch.ones(0)],
}


def comparable(value):
    """Containers as (type, items), tensors as (dtype, list), so that two libraries compare."""
    if hasattr(value, "detach"):
        return str(value.dtype), value.tolist()
    if hasattr(value, "keys"):
        return type(value), [(key, comparable(value[key])) for key in value]
    if isinstance(value, (list, tuple, UserList)):
        return type(value), [comparable(item) for item in value]
    return type(value), str(value)


def tried(function, *args):
    """What a call gives, or the class and the text of what it raises."""
    try:
        return comparable(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", SAMPLES)
def test_default_collate(torch, reference, name):
    """Every container and every kind of number, as PyTorch joins or refuses them."""
    actual, expected = (tried(library.utils.data.default_collate, SAMPLES[name])
                        for library in (torch, reference))

    assert actual == expected


@pytest.mark.parametrize("name", TENSORS)
def test_default_collate_of_tensors(torch, reference, name):
    """Tensors are stacked."""
    actual, expected = (tried(library.utils.data.default_collate, TENSORS[name](library))
                        for library in (torch, reference))

    assert actual == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_default_convert(torch, reference, name):
    """What NumPy holds becomes a tensor, wherever it is; all else stays."""
    actual, expected = (tried(library.utils.data.default_convert, SAMPLES[name])
                        for library in (torch, reference))

    assert actual == expected


@pytest.mark.parametrize("function", ["default_collate", "default_convert"])
def test_what_a_mapping_has_beside_its_items(torch, function):
    """A container is copied, not made anew; the samples stay as they are."""
    samples = [tagged(a=1), tagged(a=2)]
    given = samples if function == "default_collate" else samples[0]
    result = getattr(torch.utils.data, function)(given)

    assert type(result) is Tagged and result.tag == "kept"
    assert samples[0]["a"] == 1


def test_arrays_are_not_copied_by_convert(torch):
    """A converted array shares its memory."""
    array = np.zeros(3)
    converted = torch.utils.data.default_convert([array])[0]
    array[0] = 5

    assert converted[0].item() == 5


def test_memory_maps_are_arrays(torch, tmp_path):
    """Samples may lie in a file."""
    array = np.memmap(tmp_path / "samples", np.float32, "w+", shape=(2, 3))
    array[:] = 2

    assert_same(torch.utils.data.default_collate([array[0], array[1]]), torch.full((2, 3), 2.0))


def test_gradients_through_a_batch(torch):
    """Samples that want a gradient get it through the batch."""
    samples = [torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)]
    (torch.utils.data.default_collate(samples) * 3).sum().backward()

    assert samples[1].grad.tolist() == [3, 3]


def test_types_can_be_added(torch):
    """A type that the map knows is joined by the map's function, also inside containers."""
    collate = torch.utils.data._utils.collate

    def join(batch, *, collate_fn_map=None):
        return sorted(map(str, batch))

    kinds = {complex: join, **collate.default_collate_fn_map}

    assert collate.collate([(2j, 1), (1j, 2)], collate_fn_map=kinds)[0] == ["1j", "2j"]
    assert collate.collate([2j], collate_fn_map={object: join}) == ["2j"]


def test_the_default_map_can_be_changed(torch, monkeypatch):
    """A program's own function for tensors is used, also for datasets of plain tensors."""
    collate = torch.utils.data._utils.collate
    monkeypatch.setitem(collate.default_collate_fn_map, torch.Tensor,
                        lambda batch, *, collate_fn_map=None: len(batch))
    dataset = torch.utils.data.TensorDataset(torch.ones(4, 2))

    assert list(torch.utils.data.DataLoader(dataset, batch_size=3)) == [[3], [1]]
