"""``SyncBatchNorm`` in one process, and models converted to it."""

from types import ModuleType

import pytest
from beside import assert_alike


@pytest.mark.parametrize("code", [
    "m = torch.nn.SyncBatchNorm(3)\nx = torch.arange(6.0).reshape(2, 3)\n"
    "(m(x), *m.state_dict().values(), m.eval()(x))",
    "m = torch.nn.SyncBatchNorm(3, momentum=None, affine=False)\n(m(torch.randn(2, 3, 4)),)",
    "torch.nn.SyncBatchNorm(3)(torch.ones(3))", "torch.nn.SyncBatchNorm(3)(torch.ones(3, 0))",
])  # fmt: skip
def test_one_process(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Without other processes it is a batch norm, and refuses what PyTorch's refuses."""
    assert_alike(code, torch, reference)


def test_converted_models(torch: ModuleType) -> None:
    """Batch norms are replaced in place, with their parameters, statistics and mode."""
    nn = torch.nn
    model = nn.Sequential(
        nn.BatchNorm2d(2, eps=0.1, bias=False), nn.Sequential(nn.BatchNorm1d(3, affine=False)))
    model[1].eval()
    weight, mean = model[0].weight, model[0].running_mean
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(model, 7)

    assert converted is model
    assert repr(model[0]) == ("SyncBatchNorm(2, eps=0.1, momentum=0.1, affine=True, bias=False, "
                              "track_running_stats=True)")
    assert model[0].weight is weight
    assert model[0].running_mean is mean
    assert model[0].process_group == 7
    assert model[0].training
    assert not model[1][0].training
    assert type(nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm1d(2))) is nn.SyncBatchNorm
    assert type(nn.SyncBatchNorm.convert_sync_batchnorm(nn.ReLU())) is nn.ReLU
