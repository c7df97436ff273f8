"""What a call of a layer honours, although the commonest calls enter no Python."""

from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def layer(torch: ModuleType) -> Any:
    """A map from two numbers to their sum."""
    made = torch.nn.Linear(2, 1)
    with torch.no_grad():
        made.weight.fill_(1)
        made.bias.fill_(0)
    made(torch.ones(1, 2))  # what is remembered of a call must not serve the next one
    return made


def test_forward_of_the_instance(torch: ModuleType, layer: Any) -> None:
    """A forward put on the instance runs in the class's place, and goes with it."""
    x = torch.ones(1, 2)
    layer.forward = lambda input: input * 5
    replaced = layer(x).tolist()
    del layer.forward

    assert replaced == [[5, 5]]
    assert layer(x).tolist() == [[2]]


def test_forward_of_the_class(
    torch: ModuleType, layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forward put on the class runs for instances made before, too, and can call the first."""
    first = torch.nn.Linear.forward
    monkeypatch.setattr(torch.nn.Linear, "forward", lambda self, x: first(self, x) + 1)

    assert layer(torch.ones(1, 2)).tolist() == [[3]]


def test_function_behind_a_layer(
    torch: ModuleType, layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in ``functional`` when a layer is called is what it calls."""
    monkeypatch.setattr(torch.nn.functional, "linear", lambda x, weight, bias: (weight, bias))

    assert layer(torch.ones(1, 2)) == (layer.weight, layer.bias)


@pytest.mark.parametrize("is_before", [True, False])
def test_property_in_an_attributes_place(torch: ModuleType, layer: Any, is_before: bool) -> None:
    """A class that computes its weight is asked, even one that an instance got later."""

    class Doubled(torch.nn.Linear):  # type: ignore[misc, name-defined]
        weight = property(lambda self: torch.full((1, 2), 2.0))

    if is_before:
        layer(torch.ones(1, 2))
    layer.__class__ = Doubled

    assert layer(torch.ones(1, 2)).tolist() == [[4]]


def test_attributes_looked_up_by_the_class(torch: ModuleType, layer: Any) -> None:
    """``__getattribute__`` of a subclass is asked."""

    class Doubled(torch.nn.Linear):  # type: ignore[misc, name-defined]
        def __getattribute__(self, name: str) -> Any:
            return torch.full((1, 2), 2.0) if name == "weight" else super().__getattribute__(name)

    layer.__class__ = Doubled

    assert layer(torch.ones(1, 2)).tolist() == [[4]]


def test_attribute_of_another_place(torch: ModuleType, layer: Any) -> None:
    """Attributes that come and go move others about; each call finds its own."""
    x = torch.ones(1, 2)
    results = []
    for k in range(40):
        if k % 3 == 0:
            layer.bias, layer.note = None, k
        elif k % 3 == 1:
            del layer.note, layer.bias
            layer.bias = torch.nn.Parameter(torch.full((1,), float(k)))
        results.append(layer(x).item())

    assert results == [2 if k % 3 == 0 else 2 + k - k % 3 + 1 for k in range(40)]


def test_missing_attribute(torch: ModuleType, layer: Any) -> None:
    """A layer without its weight says so."""
    del layer.weight

    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'weight'"):
        layer(torch.ones(1, 2))


def test_call_of_a_subclass(torch: ModuleType, layer: Any) -> None:
    """``Sequential`` calls a module as its class says."""

    class Called(torch.nn.Linear):  # type: ignore[misc, name-defined]
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) + 3

    layer.__class__ = Called

    assert torch.nn.Sequential(layer)(torch.ones(1, 2)).item() == 5


def test_chain_of_functions(torch: ModuleType) -> None:
    """``Sequential`` hands on whatever its modules take and give."""

    class Pair(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x, None

    class Second(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, pair: Any) -> Any:
            return pair[1]

    assert torch.nn.Sequential(Pair(), Second())(1) is None
    assert torch.nn.Sequential()(1) == 1


def test_chain_that_changes_while_it_runs(torch: ModuleType) -> None:
    """A module may not add to the chain that it stands in."""

    class Growing(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            chain.append(torch.nn.ReLU())
            return x

    chain = torch.nn.Sequential(Growing(), torch.nn.ReLU())

    with pytest.raises(RuntimeError, match="mutated|changed size during iteration"):
        chain(torch.ones(1))


def test_relu_in_place(torch: ModuleType) -> None:
    """``inplace`` is read at each call."""
    layer, x = torch.nn.ReLU(), torch.tensor([-1.0, 1.0])
    is_new = layer(x) is not x
    layer.inplace = True

    assert is_new
    assert layer(x) is x
    assert x.tolist() == [0, 1]


@pytest.mark.parametrize("options", [
    {}, {"reduction": "sum"}, {"reduction": "none"}, {"ignore_index": 1},
    {"label_smoothing": 0.5}, {"weight": [1.0, 2.0, 3.0]},
    {"ignore_index": 0, "reduction": "sum"},
], ids=str)  # fmt: skip
def test_cross_entropy_by_place_name_and_layer(
    torch: ModuleType, options: dict[str, Any]
) -> None:
    """Arguments by place, by name and of a layer are the same call, and match its definition."""
    scores, classes = torch.arange(12.0).sin().view(4, 3), torch.tensor([0, 1, 2, 1])
    given = {
        "weight": None, "size_average": None, "ignore_index": -100, "reduce": None,
        "reduction": "mean", "label_smoothing": 0.0,
        **options,
    }  # fmt: skip
    if given["weight"] is not None:
        given["weight"] = torch.tensor(given["weight"])
    function = torch.nn.functional.cross_entropy
    by_place = function(scores, classes, *given.values())
    by_name = function(input=scores, target=classes, **given)
    of_layer = torch.nn.CrossEntropyLoss(**given)(scores, classes)
    one_each = function(scores, torch.eye(3)[classes], reduction="none")

    assert by_place.tolist() == by_name.tolist() == of_layer.tolist()
    if not options:
        torch.testing.assert_close(by_place, one_each.mean())
    if options == {"ignore_index": 1}:
        torch.testing.assert_close(by_place, one_each[[0, 2]].mean())


def test_anomaly_mode_shows_the_layers(torch: ModuleType) -> None:
    """The trace of what recorded a failed entry names the layers that were running."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    with torch.autograd.set_detect_anomaly(True):
        result = model(torch.full((1, 2), float("inf")))

        with pytest.warns(UserWarning, match=r"(?s)container\.py.*linear\.py"), \
                pytest.raises(RuntimeError, match="nan values"):
            result.backward(torch.zeros(1, 2))


def test_forward_has_what_a_function_has(torch: ModuleType) -> None:
    """Programs look at the code of a ``forward`` for the names of its arguments."""
    forward = torch.nn.Linear.forward

    assert forward.__code__.co_varnames[:2] == ("self", "input")
    assert forward.__globals__["__name__"] == forward.__module__
    assert torch.nn.functional.cross_entropy.__defaults__[-1] == 0.0
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        forward.nothing
