"""What all optimizers share: groups, state dicts, hooks, closures, printing, copies."""

import importlib
import pickle
from copy import deepcopy
from types import ModuleType
from typing import Any

import pytest
from support import assert_mistake


@pytest.fixture
def values(torch: ModuleType) -> list[Any]:
    """Give two parameters, the first with a gradient."""
    first, second = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.zeros(2))
    first.grad = torch.full((3,), 2.0)
    return [first, second]


def test_repr(torch: ModuleType, values: list[Any]) -> None:
    """Each group lists its options by name."""
    optimizer = torch.optim.SGD([{"params": values[:1], "lr": 0.5}, {"params": values[1]}], lr=0.1)
    group = ("    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
             "    lr: {}\n    maximize: False\n    momentum: 0\n    nesterov: False\n"
             "    weight_decay: 0\n")

    assert repr(optimizer) == (
        "SGD (\nParameter Group 0\n" + group.format(0.5) + "\nParameter Group 1\n"
        + group.format(0.1) + ")")


def test_state_dict(torch: ModuleType, values: list[Any]) -> None:
    """Parameters are known by their numbers, in the order of the groups."""
    optimizer = torch.optim.SGD([{"params": values[1:], "note": 1}], lr=0.1, momentum=0.9)
    optimizer.add_param_group({"params": values[0], "lr": 0.5})
    optimizer.step()
    state = optimizer.state_dict()

    assert list(state) == ["state", "param_groups"]
    assert list(state["state"]) == [1]
    assert state["state"][1]["momentum_buffer"].tolist() == [2.0] * 3
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert [group["lr"] for group in state["param_groups"]] == [0.1, 0.5]
    assert list(state["param_groups"][0]) == [
        "note", "lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize", "foreach",
        "differentiable", "fused", "params"]


def test_loading_continues(torch: ModuleType, values: list[Any]) -> None:
    """A loaded optimizer goes on where the saved one stopped, in its parameters' dtype."""
    optimizer = torch.optim.SGD(values, lr=0.5, momentum=0.5)
    optimizer.step()
    others = [torch.nn.Parameter(value.detach().double()) for value in values]
    loaded = torch.optim.SGD(others, lr=0.1)
    loaded.load_state_dict(optimizer.state_dict())
    others[0].grad = torch.full((3,), 2.0, dtype=torch.float64)
    loaded.step()

    assert loaded.state[others[0]]["momentum_buffer"].dtype is torch.float64
    assert others[0].tolist() == [-1.5] * 3
    assert loaded.param_groups[0]["params"][0] is others[0]
    assert optimizer.state[values[0]]["momentum_buffer"].tolist() == [2.0] * 3


def test_names(torch: ModuleType, values: list[Any]) -> None:
    """Parameters may come with names, which are saved."""
    optimizer = torch.optim.SGD([("a", values[0]), ("b", values[1])])

    assert optimizer.param_groups[0]["param_names"] == ["a", "b"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]
    with pytest.raises(ValueError, match="cannot add param group without names"):
        optimizer.add_param_group({"params": torch.nn.Parameter(torch.ones(1))})


def test_step_hooks(torch: ModuleType, values: list[Any]) -> None:
    """Hooks run around each step until their handles remove them."""
    seen = []
    optimizer = torch.optim.SGD(values, lr=0.1)
    handle = optimizer.register_step_pre_hook(
        lambda it, args, kwargs: seen.append(("before", args == (it,), kwargs)))
    optimizer.register_step_post_hook(lambda it, args, kwargs: seen.append("after"))
    optimizer.step()
    handle.remove()
    optimizer.step()

    assert seen == [("before", True, {}), "after", "after"]


def test_state_dict_hooks(torch: ModuleType, values: list[Any]) -> None:
    """Hooks see and may replace what is saved and loaded."""
    seen = []
    optimizer = torch.optim.SGD(values)
    optimizer.register_state_dict_pre_hook(lambda it: seen.append("saving"))
    optimizer.register_state_dict_post_hook(lambda it, state: {**state, "more": 1})
    optimizer.register_load_state_dict_pre_hook(lambda it, state: seen.append(list(state)))
    optimizer.register_load_state_dict_post_hook(lambda it: seen.append("loaded"))
    optimizer.load_state_dict(optimizer.state_dict())

    assert seen == ["saving", ["state", "param_groups", "more"], "loaded"]


def test_closures_are_recorded(torch: ModuleType, values: list[Any]) -> None:
    """A closure runs on the tape even inside ``no_grad``, before the step."""
    optimizer = torch.optim.SGD(values, lr=0.1)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (values[0] ** 2).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)

    assert loss.item() == 3
    assert values[0].tolist() == pytest.approx([0.8] * 3)


def test_copies_are_whole(torch: ModuleType, values: list[Any]) -> None:
    """Pickles and deep copies own their parameters and go on stepping."""
    optimizer = torch.optim.SGD(values, lr=0.5, momentum=0.9)
    optimizer.step()
    for other in (pickle.loads(pickle.dumps(optimizer)), deepcopy(optimizer)):
        parameter = other.param_groups[0]["params"][0]
        parameter.grad = torch.zeros(3)
        other.step()

        assert parameter is not values[0]
        assert parameter.tolist() == pytest.approx([-0.9] * 3)
        assert other.state[parameter]["momentum_buffer"].tolist() == pytest.approx([1.8] * 3)
    assert values[0].tolist() == [0.0] * 3


def test_zero_grad(torch: ModuleType, values: list[Any]) -> None:
    """Gradients are dropped, or filled with zeros in place."""
    optimizer = torch.optim.SGD(values)
    grad = values[0].grad
    optimizer.zero_grad(set_to_none=False)
    assert values[0].grad is grad
    assert grad.tolist() == [0.0] * 3

    optimizer.zero_grad()

    assert values[0].grad is None


def test_optimizers_of_ones_own(torch: ModuleType, values: list[Any]) -> None:
    """A subclass with a ``step`` of its own has groups, state and hooks."""
    class Plain(torch.optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.sub_(p.grad * group["lr"])
                        self.state[p]["step"] = self.state[p].get("step", 0) + 1

    seen = []
    optimizer = Plain(values, 0.25)
    optimizer.register_step_post_hook(lambda *args: seen.append("after"))
    optimizer.step()

    assert values[0].tolist() == [0.5] * 3
    assert optimizer.state_dict()["state"] == {0: {"step": 1}}
    assert seen == ["after"]


def test_required_options(torch: ModuleType, values: list[Any]) -> None:
    """An option without default must be in every group."""
    required = importlib.import_module(f"{torch.__name__}.optim.optimizer").required

    assert torch.optim.Optimizer([{"params": values, "lr": 1}], {"lr": required}).defaults
    with pytest.raises(ValueError, match="didn't specify a value of required optimization param"):
        torch.optim.Optimizer(values, {"lr": required})


def test_duplicates_are_worth_a_warning(torch: ModuleType, values: list[Any]) -> None:
    """The same parameter twice in a group."""
    with pytest.warns(UserWarning, match="parameter group with duplicate parameters"):
        torch.optim.SGD([values[0], values[0]])


SETUP = """
P = lambda: torch.nn.Parameter(torch.ones(2))
p = P()
SGD = torch.optim.SGD
o = SGD([p])
"""
MISTAKES = [
    ("o.add_param_group([1])", TypeError, "param_group must be a dict, but got <class 'list'>"),
    ("o.add_param_group({'params': p})", ValueError,
     "some parameters appear in more than one parameter group"),
    ("o.add_param_group({'params': {P()}})", TypeError,
     "optimizer parameters need to be organized in ordered collections, but the ordering of "
     "tensors in sets will change between runs. Please use a list instead."),
    ("o.add_param_group({'params': [('a', P())]})", ValueError,
     "all optimizer param groups should be with/without names. cannot add param group with names "
     "to the optimizer"),
    ("SGD([('a', P()), P()])", ValueError,
     "all optimizer params should be with/without names. Some param names are missing"),
    ("SGD([{'lr': 3}])", KeyError, "'params'"),
    ("SGD([P(), P()]).load_state_dict(o.state_dict())", ValueError,
     "loaded state dict contains a parameter group that doesn't match the size of optimizer's "
     "group"),
    ("SGD([{'params': P()}, {'params': P()}]).load_state_dict(o.state_dict())", ValueError,
     "loaded state dict has a different number of parameter groups"),
    ("torch.optim.Optimizer([p], {}).step()", NotImplementedError, ""),
]


def test_what_has_no_shape_yet(torch: ModuleType) -> None:
    """Lazy parameters may be given to an optimizer; Adagrad alone makes its state at once."""
    lazy = torch.nn.UninitializedParameter()
    optimizer = torch.optim.Adam([lazy])
    lazy.materialize((2,))
    lazy.grad = torch.ones(2)
    optimizer.step()

    assert optimizer.state[lazy]["exp_avg"].shape == (2,)
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in "):
        torch.optim.Adagrad([torch.nn.UninitializedParameter()])


def test_lbfgs_without_gradients(torch: ModuleType) -> None:
    """A first step along gradients that are all zero divides by none of them."""
    weight = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], lr=0.5, tolerance_grad=-1.0)
    loss = optimizer.step(lambda: torch.tensor([10.0]))

    assert loss.tolist() == [10.0]
    assert weight.tolist() == [1.0, 1.0]
    assert optimizer.state[weight]["t"] == 0.5


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, SETUP + code, error, text)


def test_gradients_in_one_memory_are_zeroed(torch: ModuleType, values: list[Any]) -> None:
    """Gradients may be views of one flat tensor, which keeps its place."""
    flat = torch.ones(3)
    values[0].grad = flat[:]
    torch.optim.SGD(values).zero_grad(set_to_none=False)

    assert flat.tolist() == [0.0] * 3


def test_modules_have_pytorchs_names(torch: ModuleType) -> None:
    """Each optimizer can be imported from the module that bears its name."""
    for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "ASGD", "LBFGS", "NAdam",
                 "RAdam", "RMSprop", "Rprop", "SGD"):
        module = importlib.import_module(f"{torch.__name__}.optim.{name.lower()}")

        assert getattr(module, name) is getattr(torch.optim, name)


def test_wrapper_that_is_not_initialised(torch):
    """A subclass that wraps another optimizer may leave ``Optimizer.__init__`` out, and step."""
    class Wrapper(torch.optim.Optimizer):
        def __init__(self, inner):
            self.inner, self.param_groups = inner, inner.param_groups

        def step(self, closure=None):
            self.inner.step(closure)

    x = torch.ones(1, requires_grad=True)
    x.grad = torch.ones(1)
    Wrapper(torch.optim.SGD([x], 0.5)).step()

    assert x.item() == 0.5
