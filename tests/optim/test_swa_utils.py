"""Averaged models and running statistics of averaged weights."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest


def swa(torch: ModuleType) -> Any:
    """Give the module as programs get at it, without importing it."""
    return torch.optim.swa_utils


AVERAGES = {
    "mean": lambda utils: {},
    "ema": lambda utils: {"multi_avg_fn": utils.get_ema_multi_avg_fn(0.9)},
    "mean of lists": lambda utils: {"multi_avg_fn": utils.get_swa_multi_avg_fn()},
    "ema of one": lambda utils: {"avg_fn": utils.get_ema_avg_fn(0.9)},
    "mean of one": lambda utils: {"avg_fn": utils.get_swa_avg_fn()},
}


def averaged(torch: ModuleType, options: Any, **more: Any) -> list[np.ndarray]:
    """Average a model with buffers over four changes; give parameters and buffers."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    average = swa(torch).AveragedModel(model, **options(swa(torch)), **more)
    for k in range(4):
        with torch.no_grad():
            for n, parameter in enumerate(model.parameters()):
                values = np.sin(np.arange(parameter.numel()) + k + n).astype(np.float32)
                parameter.copy_(torch.tensor(values).view_as(parameter))
            model[1].running_mean.fill_(float(k))
        average.update_parameters(model)
    return [value.detach().numpy() for value in average.state_dict().values()]


@pytest.mark.parametrize(("name", "use_buffers"), [
    (name, use_buffers) for name in AVERAGES for use_buffers in (False, True)
    if (name, use_buffers) != ("mean of lists", True)
])
def test_averages_are_those_of_pytorch(
    torch: ModuleType, reference: ModuleType, name: str, use_buffers: bool
) -> None:
    """Every way to average, with buffers averaged or copied."""
    options = AVERAGES[name]
    ours = averaged(torch, options, use_buffers=use_buffers)
    theirs = averaged(reference, options, use_buffers=use_buffers)

    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_mean_of_lists_needs_floats(torch: ModuleType) -> None:
    """Batch norm's count of batches is an integer, which it cannot average."""
    with pytest.raises(RuntimeError, match="Integer division with addcdiv is no longer supported"):
        averaged(torch, AVERAGES["mean of lists"], use_buffers=True)


def test_average_is_a_model_of_its_own(torch: ModuleType) -> None:
    """It computes with the mean; the model and its parameters stay what they were."""
    model = torch.nn.Linear(1, 1, bias=False)
    average = swa(torch).AveragedModel(model)
    for value in (1.0, 2.0, 6.0):
        model.weight.data.fill_(value)
        average.update_parameters(model)

    assert average(torch.ones(1, 1)).item() == pytest.approx(3.0)
    assert model.weight.item() == 6.0
    assert list(average.state_dict()) == ["n_averaged", "module.weight"]
    assert average.n_averaged.item() == 3


def test_statistics_are_computed_anew(torch: ModuleType) -> None:
    """``update_bn`` gives the plain mean over the batches and leaves modes and momenta alone."""
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(1))
    model(torch.full((4, 1), 100.0))
    model.eval()
    swa(torch).update_bn([torch.full((2, 1), 1.0), (torch.full((2, 1), 3.0), "label")], model)

    assert model[0].running_mean.item() == pytest.approx(2.0)
    assert model[0].momentum == 0.1
    assert not model.training


def test_swa_rates_anneal(torch: ModuleType) -> None:
    """The rate goes over to ``swa_lr`` and stays there."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = swa(torch).SWALR(optimizer, 0.0, anneal_epochs=4, anneal_strategy="linear")
    seen = []
    for _ in range(6):
        optimizer.step()
        scheduler.step()
        seen.append(scheduler.get_last_lr()[0])

    assert seen == pytest.approx([0.75, 0.5, 0.25, 0.0, 0.0, 0.0])


def test_mistakes(torch: ModuleType) -> None:
    """Decays, strategies and doubled functions out of range."""
    utils, model = swa(torch), torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for function in (utils.get_ema_avg_fn, utils.get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match="Invalid decay value 2 provided"):
            function(2)
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn should be"):
        utils.AveragedModel(model, avg_fn=len, multi_avg_fn=len)
    with pytest.raises(ValueError, match="anneal_strategy must be one of 'cos' or 'linear'"):
        utils.SWALR(optimizer, 0.1, anneal_strategy="x")
    with pytest.raises(ValueError, match="anneal_epochs must be equal or greater than 0, got -1"):
        utils.SWALR(optimizer, 0.1, anneal_epochs=-1)
