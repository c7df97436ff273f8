"""Schedulers of learning rates: what they share, and what they refuse."""

from types import ModuleType
from typing import Any

import pytest
from beside import assert_alike
from support import assert_mistake


@pytest.fixture
def optimizer(torch: ModuleType) -> Any:
    """Give an optimizer of two groups."""
    groups = [{"params": torch.nn.Parameter(torch.ones(1))},
              {"params": torch.nn.Parameter(torch.ones(1)), "lr": 0.2}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def rates(scheduler: Any, n_steps: int) -> list[list[float]]:
    """Give the rates before each of some steps."""
    seen = []
    for _ in range(n_steps):
        seen.append([float(rate) for rate in scheduler.get_last_lr()])
        scheduler.optimizer.step()
        scheduler.step()
    return seen


def test_rates_are_set(torch: ModuleType, optimizer: Any) -> None:
    """Each group has its own first rate, and the groups hold what the scheduler says."""
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    assert rates(scheduler, 5) == [[0.1, 0.2], [0.1, 0.2], [0.05, 0.1], [0.05, 0.1], [0.025, 0.05]]
    assert [group["lr"] for group in optimizer.param_groups] == scheduler.get_last_lr()
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.1, 0.2]


def test_rate_that_is_a_tensor_keeps_its_memory(torch: ModuleType) -> None:
    """Programs that hold the tensor see every change."""
    rate = torch.tensor(0.5)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], lr=rate)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()

    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    assert scheduler.base_lrs[0].item() == 0.5


def test_composed_schedulers_go_on_from_state_dicts(torch: ModuleType, optimizer: Any) -> None:
    """A sequence in a chain, stopped in the middle."""
    schedulers = torch.optim.lr_scheduler

    def made() -> Any:
        warm = schedulers.LinearLR(optimizer, 0.5, 1.0, total_iters=3)
        fall = schedulers.ExponentialLR(optimizer, 0.9)
        return schedulers.SequentialLR(optimizer, [warm, fall], milestones=[3])

    scheduler = made()
    rates(scheduler, 4)
    state = scheduler.state_dict()
    present = [group["lr"] for group in optimizer.param_groups]
    expected = rates(scheduler, 4)
    resumed = made()
    for group, rate in zip(optimizer.param_groups, present, strict=True):
        group["lr"] = rate
    resumed.load_state_dict(state)

    assert rates(resumed, 4) == expected


def test_steps_in_the_wrong_order_are_worth_a_warning(torch: ModuleType, optimizer: Any) -> None:
    """The scheduler's step before the optimizer's; and a step that was replaced."""
    schedulers = torch.optim.lr_scheduler
    scheduler = schedulers.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler = schedulers.StepLR(optimizer, 2)
    optimizer.step = lambda: None
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` has been overridden"):
        scheduler.step()


def test_scheduled_optimizers_are_freed(torch: ModuleType) -> None:
    """Watching an optimizer's steps does not keep it alive."""
    import weakref

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    watched = weakref.ref(optimizer)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    del optimizer, scheduler

    assert watched() is None


def test_schedulers_of_ones_own(torch: ModuleType, optimizer: Any) -> None:
    """A subclass defines ``get_lr``."""
    class Halved(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / 2**self.last_epoch for base in self.base_lrs]

    assert rates(Halved(optimizer), 3) == [[0.1, 0.2], [0.05, 0.1], [0.025, 0.05]]


SETUP = """
S = torch.optim.lr_scheduler
optimizer = torch.optim.SGD([{"params": torch.ones(1)}, {"params": torch.ones(1)}], lr=0.1)
plain = torch.optim.Adagrad([torch.ones(1)], lr=0.1)
other = torch.optim.SGD([torch.ones(1)], lr=0.1)
step = S.StepLR(optimizer, 2)
"""
MISTAKES = [
    ("S.StepLR(3, 2)", TypeError, "int is not an Optimizer"),
    ("S.ReduceLROnPlateau(3)", TypeError, "int is not an Optimizer"),
    ("S.CyclicLR(3, 0.1, 0.2)", TypeError, "int is not an Optimizer"),
    ("S.OneCycleLR(3, 0.1, 5)", TypeError, "int is not an Optimizer"),
    ("S.StepLR(other, 2, last_epoch=3)", KeyError,
     "\"param 'initial_lr' is not specified in param_groups[0] when resuming scheduler with "
     "last_epoch >= 0."),
    ("S.LambdaLR(optimizer, [len])", ValueError, "Expected 2 lr_lambdas, but got 1"),
    ("S.MultiplicativeLR(optimizer, 3)", TypeError,
     "lr_lambda should be a function, but got int"),
    ("S.ConstantLR(optimizer, 2)", ValueError,
     "Constant multiplicative factor expected to be between 0 and 1."),
    ("S.LinearLR(optimizer, 0)", ValueError,
     "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."),
    ("S.LinearLR(optimizer, 1, 2)", ValueError,
     "Ending multiplicative factor expected to be between 0 and 1."),
    ("S.CosineAnnealingWarmRestarts(optimizer, 0)", ValueError,
     "Expected positive integer T_0, but got 0"),
    ("S.CosineAnnealingWarmRestarts(optimizer, 3, 0)", ValueError,
     "Expected integer T_mult >= 1, but got 0"),
    ("S.CosineAnnealingWarmRestarts(optimizer, 3, 1, None)", ValueError,
     "Expected float or int eta_min, but got None of type <class 'NoneType'>"),
    ("S.CosineAnnealingWarmRestarts(optimizer, 3).step(-1)", ValueError,
     "Expected non-negative epoch, but got -1"),
    ("S.CyclicLR(optimizer, [0.1], 0.2)", ValueError,
     "base_lr must have the same length as optimizer.param_groups. base_lr has 1 values, "
     "param_groups has 2."),
    ("S.CyclicLR(optimizer, 0.1, 0.2, mode='x')", ValueError,
     "mode is invalid and scale_fn is None"),
    ("S.CyclicLR(plain, 0.1, 0.2)", ValueError,
     "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"),
    ("S.OneCycleLR(plain, 0.1, 5)", ValueError,
     "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"),
    ("S.OneCycleLR(optimizer, 0.1)", ValueError,
     "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    ("S.OneCycleLR(optimizer, 0.1, -1)", ValueError,
     "Expected positive integer total_steps, but got -1"),
    ("S.OneCycleLR(optimizer, 0.1, epochs=0, steps_per_epoch=3)", ValueError,
     "Expected positive integer epochs, but got 0"),
    ("S.OneCycleLR(optimizer, 0.1, epochs=2, steps_per_epoch=1.5)", ValueError,
     "Expected positive integer steps_per_epoch, but got 1.5"),
    ("S.OneCycleLR(optimizer, 0.1, 5, pct_start=2)", ValueError,
     "Expected float between 0 and 1 pct_start, but got 2"),
    ("S.OneCycleLR(optimizer, 0.1, 5, anneal_strategy='x')", ValueError,
     "anneal_strategy must be one of 'cos' or 'linear', instead got x"),
    ("s = S.OneCycleLR(optimizer, 0.1, 2)\nfor _ in range(4): optimizer.step(), s.step()",
     ValueError, "Tried to step 3 times. The specified number of total steps is 2"),
    ("S.ReduceLROnPlateau(optimizer, factor=1.5)", ValueError, "Factor should be < 1.0."),
    ("S.ReduceLROnPlateau(optimizer, 'x')", ValueError, "mode x is unknown!"),
    ("S.ReduceLROnPlateau(optimizer, threshold_mode='x')", ValueError,
     "threshold mode x is unknown!"),
    ("S.ReduceLROnPlateau(optimizer, min_lr=[1])", ValueError, "expected 2 min_lrs, got 1"),
    ("S.SequentialLR(optimizer, [], [])", ValueError,
     "SequentialLR expects at least one scheduler, but got no scheduler."),
    ("S.SequentialLR(optimizer, [step], [3])", ValueError,
     "Sequential Schedulers expects number of schedulers provided to be one more than the number "
     "of milestone points, but got number of schedulers 1 and the number of milestones to be equal "
     "to 1"),
    ("S.SequentialLR(optimizer, [3], [])", TypeError,
     "SequentialLR at index 0 should have `optimizer` as its attribute."),
    ("S.SequentialLR(other, [step], [])", ValueError,
     "SequentialLR expects all schedulers to belong to the same optimizer, but got scheduler "
     "StepLR at index 0 has SGD ("),
    ("S.ChainedScheduler([])", ValueError,
     "ChainedScheduler expects at least one scheduler to be chained, but got no scheduler."),
    ("S.ChainedScheduler([step, S.ReduceLROnPlateau(optimizer)])", ValueError,
     "ChainedScheduler does not support `ReduceLROnPlateau` scheduler as it requires additional "
     "kwargs to be specified when calling `step`, but got one at index 1 in the given schedulers "
     "sequence."),
    ("S.LRScheduler(optimizer)", NotImplementedError, ""),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, SETUP + code, error, text)


@pytest.mark.parametrize("code", [case[0] for case in MISTAKES])
def test_mistakes_are_those_of_pytorch(
    torch: ModuleType, reference: ModuleType, code: str
) -> None:
    """The whole text, beside PyTorch."""
    assert_alike(SETUP + code, torch, reference)


def test_plateau_hands_the_epoch_on(torch):
    """``_reduce_lr``, which libraries replace, is called with the number of the epoch."""
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        torch.optim.SGD([torch.ones(1)], lr=1.0), patience=0
    )
    epochs = []
    scheduler._reduce_lr = epochs.append
    for _ in range(3):
        scheduler.step(1.0)

    assert epochs == [2, 3]
