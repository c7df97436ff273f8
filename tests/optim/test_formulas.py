"""Optimizers with a formula and a kernel: both agree, and a step is one compiled call."""

import gc
import sys
import tracemalloc
from types import ModuleType
from typing import Any

import numpy as np
import pytest

CASES = [
    ("ASGD", {"lr": 0.1, "t0": 1.0}),
    ("ASGD", {"weight_decay": 0.1}),
    ("Adadelta", {"weight_decay": 0.1}),
    ("Adagrad", {"lr_decay": 0.5, "initial_accumulator_value": 0.125}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.1}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.1}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("RMSprop", {"momentum": 0.9}),
    ("Rprop", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
]
every_case = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
KERNEL_ONLY = [("Adafactor", {}), ("Adafactor", {"weight_decay": 0.1, "maximize": True})]


def gradients(step: int) -> list[np.ndarray]:
    """Give gradients that change their signs now and then."""
    return [np.sin(np.arange(6.0).reshape(2, 3) + 2 * step), np.cos(np.arange(4.0) + step)]


class Training:
    """A matrix and a vector, and an optimizer of them; gradients are given."""

    def __init__(self, torch: ModuleType, name: str, options: dict[str, Any],
                 are_leaves: bool = True) -> None:
        self.torch, self.n = torch, 0
        values = [torch.tensor(np.linspace(-1, 1, 6).reshape(2, 3)),
                  torch.tensor(np.linspace(1, 2, 4))]
        self.parameters = [torch.nn.Parameter(value) if are_leaves else value.requires_grad_() * 1
                           for value in values]
        self.optimizer = getattr(torch.optim, name)(self.parameters, **options)

    def step(self) -> None:
        """Step along the next gradients."""
        for parameter, gradient in zip(self.parameters, gradients(self.n), strict=True):
            parameter.grad = self.torch.tensor(gradient)
        self.n += 1
        self.optimizer.step()

    def values(self) -> list[np.ndarray]:
        """Give the parameters and all of the state."""
        state = [value for entry in self.optimizer.state.values() for value in entry.values()]
        return [value.detach().numpy() for value in (*self.parameters, *state)]


@every_case
def test_kernel_follows_the_formula(torch: ModuleType, name: str, options: dict[str, Any]) -> None:
    """A differentiable step, in tensor operations, gives what the kernel gives."""
    plain = Training(torch, name, options)
    taped = Training(torch, name, {**options, "differentiable": True}, are_leaves=False)
    for _ in range(8):
        plain.step()
        with torch.no_grad():
            taped.step()

    for one, other in zip(plain.values(), taped.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)  # Adam's step counts in float32


@pytest.mark.parametrize(("name", "options"), CASES + KERNEL_ONLY, ids=str)
def test_layout_makes_no_difference(torch: ModuleType, name: str, options: dict[str, Any]) -> None:
    """A parameter in the columns of a larger tensor steps like one of its own."""
    plain, strided = Training(torch, name, options), Training(torch, name, options)
    inside = torch.zeros(2, 6, dtype=torch.float64)[:, ::2]
    strided.parameters[0].data = inside.copy_(strided.parameters[0].detach())
    for _ in range(4):
        plain.step()
        strided.step()

    assert not strided.parameters[0].is_contiguous()
    for one, other in zip(plain.values(), strided.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES + KERNEL_ONLY, ids=str)
def test_step_is_replayed_from_its_launches(
    tapegrad: ModuleType, name: str, options: dict[str, Any]
) -> None:
    """A step launches a kernel for the numbers and one for the elements of each parameter, and
    running these launches again is another step.
    """
    training = Training(tapegrad, name, options)
    training.step()
    training.n = 0
    with tapegrad._kernels.record_launches() as log:
        training.step()
    n_converted = sum(kernel.startswith("cast") for kernel in log.kernel_names())
    log.replay()
    replayed = [value.copy() for value in training.values()]
    other = Training(tapegrad, name, options)
    for _ in range(3):
        other.n = 0
        other.step()

    n_each = 1 if name == "SGD" else 2
    assert len(log) - n_converted == n_each * len(training.parameters)
    for one, expected in zip(replayed, other.values(), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_memory_stays_the_same_over_many_steps(tapegrad: ModuleType) -> None:
    """Ten thousand steps leave no object and no byte behind."""
    parameter = tapegrad.nn.Parameter(tapegrad.ones(50))
    parameter.grad = tapegrad.ones(50)
    optimizer = tapegrad.optim.AdamW([parameter])
    for _ in range(10):
        optimizer.step()
    gc.collect()
    n_blocks = sys.getallocatedblocks()
    for _ in range(10_000):
        optimizer.step()
    n_more = sys.getallocatedblocks() - n_blocks
    tracemalloc.start()
    optimizer.step()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(100):
        optimizer.step()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert n_more < 100
    assert grown < 1000


def test_state_of_another_shape_is_refused(torch: ModuleType) -> None:
    """Nothing is written when a state does not fit its parameter."""
    for name, key in (("Adam", "exp_avg"), ("Adafactor", "row_var")):
        training = Training(torch, name, {})
        training.step()
        entry = training.optimizer.state[training.parameters[0]]
        entry[key] = torch.zeros(7, 5, dtype=torch.float64)
        before = [value.copy() for value in training.values()[:2]]
        with pytest.raises(RuntimeError):
            training.step()

        for one, other in zip(before[:1], training.values(), strict=False):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["Adam", "ASGD", "NAdam", "Adadelta"])
def test_capturing_needs_a_device(torch: ModuleType, name: str) -> None:
    """``capturable`` is accepted, and a step on a processor refused."""
    training = Training(torch, name, {"capturable": True})

    with pytest.raises(AssertionError, match="must be on supported devices"):
        training.step()


def test_foreach_is_not_differentiable(torch: ModuleType) -> None:
    """The two ways to step exclude each other."""
    training = Training(torch, "Adam", {"foreach": True, "differentiable": True})

    with pytest.raises(AssertionError, match="_foreach ops don't support autograd"):
        training.step()


def test_learning_rate_can_be_learned(torch: ModuleType) -> None:
    """A step is differentiable in a tensor that is its learning rate."""
    rate = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    training = Training(torch, "SGD", {"lr": rate, "differentiable": True}, are_leaves=False)
    training.step()
    training.parameters[1].sum().backward()

    assert rate.grad.item() == pytest.approx(-gradients(0)[1].sum())


def test_hooks_of_all_optimizers(torch: ModuleType) -> None:
    """Global hooks run around every optimizer's step, outside of its own."""
    module = __import__(f"{torch.__name__}.optim.optimizer", fromlist=["optimizer"])
    training, seen = Training(torch, "Adam", {}), []
    training.optimizer.register_step_pre_hook(lambda *given: seen.append("own"))
    handles = [
        module.register_optimizer_step_pre_hook(lambda *given: seen.append("before")),
        module.register_optimizer_step_post_hook(lambda *given: seen.append("after")),
    ]
    training.step()
    for handle in handles:
        handle.remove()
    training.step()

    assert seen == ["before", "own", "after", "own"]


@pytest.mark.parametrize("name", ["Adafactor", "Adam", "Adamax", "RMSprop", "Rprop"])
def test_what_is_no_number_goes_where_it_goes_in_pytorch(
    torch: ModuleType, reference: ModuleType, name: str
) -> None:
    """A NaN in a gradient reaches the same elements; Rprop, which goes by signs, ignores it."""
    results = []
    for library in (torch, reference):
        training = Training(library, name, {"amsgrad": True} if name == "Adam" else {})
        training.step()
        for parameter in training.parameters:
            parameter.grad.view(-1)[1] = float("nan")
        training.optimizer.step()
        results.append(training.values()[:2])

    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case[0] != "SGD"], ids=str)
def test_half_parameters_step_as_floats_do(torch, name, options):
    """Parameters of float16 take the step of their copies in float32, rounded once at its end."""
    torch.manual_seed(0)
    halves = torch.randn(30, 20, dtype=torch.float16).t()
    gradient = torch.randn(20, 30, dtype=torch.float16)
    steps = []
    for parameter in (halves.clone(), halves.float()):
        parameter.grad = gradient.to(parameter.dtype)
        # A rate that float16 holds, since a state may begin with it.
        getattr(torch.optim, name)([parameter], **{**options, "lr": 2**-6}).step()
        steps.append(parameter)

    in_half, in_single = steps

    np.testing.assert_array_equal(in_half.numpy(), in_single.half().numpy())
