"""State dicts: what they hold, how they are loaded, what is reported, and their hooks."""

import copy
import gc
import weakref
from collections import OrderedDict
from types import ModuleType

import pytest
from support import assert_mistake


def test_state_dict_is_detached_and_versioned(torch: ModuleType) -> None:
    """Values share memory without history; versions are in the metadata."""
    model = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.BatchNorm1d(2))
    state = model.state_dict()

    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                           "1.running_var", "1.num_batches_tracked"]
    assert dict(state._metadata) == {"": {"version": 1}, "0": {"version": 1}, "1": {"version": 2}}
    assert not state["0.weight"].requires_grad
    assert state["0.weight"].data_ptr() == model[0].weight.data_ptr()
    assert model.state_dict(keep_vars=True)["0.weight"] is model[0].weight
    assert list(model[0].state_dict(prefix="a.")) == ["a.weight", "a.bias"]


def test_positional_arguments_are_deprecated(torch: ModuleType) -> None:
    """``state_dict(destination, prefix)`` still works, with a warning."""
    with pytest.warns(FutureWarning, match="Positional args are being deprecated"):
        state = torch.nn.Linear(1, 1).state_dict({}, "a.")

    assert list(state) == ["a.weight", "a.bias"]


def test_loading_copies(torch: ModuleType) -> None:
    """Values are copied into the same parameters, converted to their dtype."""
    layer, source = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2).double()
    weight = layer.weight
    report = layer.load_state_dict(source.state_dict())

    assert repr(report) == "<All keys matched successfully>"
    assert layer.weight is weight
    assert weight.dtype is torch.float32
    assert torch.equal(weight, source.weight.float())


def test_loading_by_assignment(torch: ModuleType) -> None:
    """With ``assign`` the tensors themselves are taken over, as parameters."""
    layer = torch.nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    state = {"weight": torch.zeros(2, 2), "bias": torch.zeros(2)}
    layer.load_state_dict(state, assign=True)

    assert layer.weight.data_ptr() == state["weight"].data_ptr()
    assert type(layer.weight) is torch.nn.Parameter
    assert [layer.weight.requires_grad, layer.bias.requires_grad] == [False, True]
    norm = torch.nn.BatchNorm1d(2)
    norm.load_state_dict(torch.nn.BatchNorm1d(2).double().state_dict(), assign=True)
    assert norm.running_mean.dtype is torch.float64


def test_reports(torch: ModuleType) -> None:
    """Without ``strict``, what is missing and unexpected is returned."""
    given = {"weight": torch.ones(1, 1), "x": 1}
    report = torch.nn.Linear(1, 1).load_state_dict(given, strict=False)

    assert report.missing_keys == ["bias"]
    assert report.unexpected_keys == ["x"]
    assert repr(report) == "_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['x'])"


def test_scalars_of_old_states(torch: ModuleType) -> None:
    """A one-element vector loads into a scalar."""
    module = torch.nn.Module()
    module.scale = torch.nn.Parameter(torch.tensor(1.0))
    module.load_state_dict({"scale": torch.tensor([5.0])})

    assert module.scale.item() == 5


def test_batch_counts_of_old_states(torch: ModuleType) -> None:
    """States of version 1, or without a version, have no count: the module keeps its own."""
    norm = torch.nn.BatchNorm1d(2)
    norm.num_batches_tracked += 5
    state = norm.state_dict()
    del state["num_batches_tracked"]
    norm.load_state_dict(dict(state))

    assert norm.num_batches_tracked.item() == 5
    with pytest.raises(RuntimeError, match="Missing key"):
        norm.load_state_dict(state)


def test_extra_state(torch: ModuleType) -> None:
    """What ``get_extra_state`` gives is saved and handed back."""
    class Counter(torch.nn.Module):
        count = 1

        def get_extra_state(self) -> int:
            return self.count

        def set_extra_state(self, state: int) -> None:
            self.count = state

    source, target = torch.nn.Sequential(Counter()), torch.nn.Sequential(Counter())
    source[0].count = 7
    target.load_state_dict(source.state_dict())

    assert dict(source.state_dict()) == {"0._extra_state": 7}
    assert target[0].count == 7
    assert target.load_state_dict({}, strict=False).missing_keys == ["0._extra_state"]
    plain = torch.nn.ReLU().load_state_dict({"_extra_state": 3}, strict=False)
    assert plain.unexpected_keys == ["_extra_state"]


def test_hooks_of_saving(torch: ModuleType) -> None:
    """Pre-hooks see prefix and keep_vars, post-hooks the dict; the older ones may replace it."""
    seen = []
    model = torch.nn.Sequential(torch.nn.Linear(1, 1))
    model.register_state_dict_pre_hook(lambda module, prefix, keep: seen.append((prefix, keep)))
    model[0].register_state_dict_pre_hook(lambda module, prefix, keep: seen.append((prefix, keep)))
    model.register_state_dict_post_hook(
        lambda module, state, prefix, metadata: seen.append((list(state), prefix, metadata)))
    model._register_state_dict_hook(
        lambda module, state, prefix, metadata: OrderedDict(state, more=1))

    assert list(model.state_dict()) == ["0.weight", "0.bias", "more"]
    assert seen == [("", False), ("0.", False), (["0.weight", "0.bias"], "", {"version": 1})]


def test_hooks_of_loading(torch: ModuleType) -> None:
    """Pre-hooks may edit the state, post-hooks the report."""
    layer = torch.nn.Linear(1, 1)
    handle = layer.register_load_state_dict_pre_hook(
        lambda module, state, *rest: state.pop("old") and None)
    layer.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())

    assert not layer.load_state_dict({"weight": torch.ones(1, 1), "old": 3}).missing_keys
    handle.remove()
    assert layer.load_state_dict({"old": 3}, strict=False).unexpected_keys == ["old"]


def test_hooks_do_not_keep_a_module(torch: ModuleType) -> None:
    """A load pre-hook knows its module weakly: the module dies with its last name."""
    layer = torch.nn.Linear(1, 1)
    layer.register_load_state_dict_pre_hook(lambda *_: None)
    (hook,), alive = layer._load_state_dict_pre_hooks.values(), weakref.ref(layer)
    copied = copy.deepcopy(layer)
    gc.disable()
    del layer
    gc.enable()

    assert alive() is None
    with pytest.raises(RuntimeError, match="You are trying to call the hook of a dead Module!"):
        hook({}, "")
    with pytest.raises(RuntimeError, match="You are trying to revive the hook of a dead Module!"):
        copy.copy(hook)
    copied.load_state_dict(copied.state_dict())     # the copy's hook gets the copy


def test_prefix_of_a_wrapper(torch: ModuleType) -> None:
    """States of wrapped models lose the wrapper's name, also in the metadata."""
    layer = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
    state = torch.nn.Sequential(OrderedDict(module=layer)).state_dict()
    torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")

    assert list(state) == ["0.weight"]
    assert dict(state._metadata) == dict(layer.state_dict()._metadata)
    layer.load_state_dict(state)


LINEAR = "torch.nn.Linear(2, 3).load_state_dict"
MISTAKES = [
    (LINEAR + "({'weight': torch.ones(2, 2), 'foo': 1, 'a.b': 2})", RuntimeError,
     'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". '
     '\n\tUnexpected key(s) in state_dict: "foo", "a.b". \n\tsize mismatch for weight: copying a '
     "param with shape torch.Size([2, 2]) from checkpoint, the shape in current model is "
     "torch.Size([3, 2])."),
    (LINEAR + "({'weight': 3, 'bias': torch.ones(3)})", RuntimeError,
     "Error(s) in loading state_dict for Linear:\n\tWhile copying the parameter named "
     '"weight", expected torch.Tensor or Tensor-like object from checkpoint but received '
     "<class 'int'>"),
    ("torch.nn.Sequential(torch.nn.ReLU()).load_state_dict({'0': 3, '1.a': 2, '0.b': 4})",
     RuntimeError, 'Error(s) in loading state_dict for Sequential:\n\tUnexpected key(s) in '
     'state_dict: "0", "1.a", "0.b". '),
    (LINEAR + "(3)", TypeError, "Expected state_dict to be dict-like, got <class 'int'>."),
    ("m = torch.nn.ReLU()\nm.register_state_dict_post_hook(lambda *a: 3)\nm.state_dict()",
     RuntimeError, "state_dict post-hook must return None"),
    ("m = torch.nn.ReLU()\nh = lambda *a: None\nm.register_state_dict_post_hook(h)\n"
     "m._register_state_dict_hook(h)", RuntimeError,
     "Cannot register the same function as the state dict post hook that was previously "
     "registered via register_state_dict_post_hook"),
    ("m = torch.nn.ReLU()\nm.register_load_state_dict_post_hook(lambda *a: 3)\n"
     "m.load_state_dict({})", AssertionError,
     "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return "
     "new values, if incompatible_keys need to be modified, it should be done inplace."),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, code, error, text)
