"""Deep copies of modules: what PyTorch's, which ``copy`` takes apart itself, come to."""

from collections import OrderedDict
from copy import deepcopy
from types import ModuleType
from typing import Any

import pytest


def network(torch: ModuleType) -> Any:
    """Return a module with tied weights, a buffer, hooks, and itself among its attributes."""
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)
            self.second.weight = self.first.weight
            self.register_buffer("seen", torch.zeros(1))
            self.notes = {"me": [self], "shared": OrderedDict()}
            self.more = self.notes["shared"]
            self.first.register_forward_hook(lambda *args: None)

        def forward(self, x: Any) -> Any:
            return self.second(self.first(x))

    return Network()


@pytest.fixture(params=["ours", "theirs"])
def library(request: pytest.FixtureRequest, torch: ModuleType) -> ModuleType:
    """Both libraries: what is claimed of ours must hold for PyTorch."""
    return torch if request.param == "ours" else request.getfixturevalue("reference")


def test_what_was_shared_stays_shared(library: ModuleType) -> None:
    """Ties, cycles and containers of one's own are copied once each."""
    model = network(library)
    made = deepcopy(model)

    assert made.first.weight is made.second.weight and made.first.weight is not model.first.weight
    assert made.notes["me"][0] is made
    assert made.more is made.notes["shared"] and made.more is not model.more
    assert made.seen is not model.seen and list(made.state_dict()) == list(model.state_dict())
    assert len(made.first._forward_hooks) == 1 and not made.second._forward_hooks
    assert made.first._forward_hooks is not model.first._forward_hooks
    assert list(vars(made)) == list(vars(model))


def test_hooks_of_a_copy_are_its_own(library: ModuleType) -> None:
    """A hook that is registered later belongs to one of the two."""
    model = network(library)
    made = deepcopy(model)
    calls: list[Any] = []
    made.second.register_forward_hook(lambda *args: calls.append(args[0]))
    x = library.zeros(1, 2)
    model(x)
    made(x)

    assert calls == [made.second]


def test_own_states_are_asked_for(library: ModuleType) -> None:
    """A class's own ``__getstate__``, ``__setstate__`` and ``__reduce_ex__`` decide."""

    class Kept(library.nn.Module):
        def __getstate__(self) -> Any:
            return ("state", super().__getstate__())

        def __setstate__(self, state: Any) -> None:
            self.came_from = state[0]
            super().__setstate__(state[1])

    class Remade(library.nn.Module):
        def __init__(self, size: int = 3) -> None:
            super().__init__()
            self.size = size

        def __reduce_ex__(self, protocol: Any) -> Any:
            return type(self), (self.size + 1,)

    class Listed(library.nn.Module, list):
        pass

    listed = Listed()
    listed.append([1])
    copied = deepcopy(listed)

    assert deepcopy(Kept()).came_from == "state"
    assert deepcopy(Remade()).size == 4
    assert copied == [[1]] and copied[0] is not listed[0]


def test_copies_are_kept_by_the_memo(library: ModuleType) -> None:
    """Two modules copied together share what they shared."""
    first, second = library.nn.Linear(1, 1), library.nn.Linear(1, 1)
    second.weight = first.weight
    a, b = deepcopy([first, second])

    assert a.weight is b.weight
