"""A frozen body costs what inference costs, a frozen layer what the gradient of its input reads."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

ITEM = 4
IMAGE = 2 * 4 * 8 * 8 * ITEM     # bytes of a batch that every layer below takes


def layer(torch: ModuleType, name: str) -> Any:
    """Make one of the layers of the table; all keep the number of channels."""
    nn = torch.nn
    return {
        "conv": lambda: nn.Conv2d(4, 4, 3, padding=1),
        "depthwise": lambda: nn.Conv2d(4, 4, 3, padding=1, groups=4),
        "transposed": lambda: nn.ConvTranspose2d(4, 4, 3),
        "batch_norm": lambda: nn.BatchNorm2d(4).eval(),
        "linear": lambda: nn.Linear(8, 8),
    }[name]()


# Bytes that the gradient of the input reads: the weight, and the running variance.
NEEDED = {"conv": 4 * 4 * 9 * ITEM, "depthwise": 4 * 9 * ITEM, "transposed": 4 * 4 * 9 * ITEM,
          "batch_norm": 2 * 4 * ITEM, "linear": 8 * 8 * ITEM}


@pytest.mark.parametrize("name", NEEDED)
class TestOneLayer:
    """What one layer saves, by what is frozen."""

    def test_frozen_layer_saves_no_image(self, torch, counts, name) -> None:
        """With a frozen weight only what the gradient of the input reads is saved."""
        frozen = layer(torch, name).requires_grad_(False)
        out = frozen(torch.rand(2, 4, 8, 8, requires_grad=True))

        assert out.requires_grad and counts()[1] == NEEDED[name]

    def test_frozen_image_saves_no_weight(self, torch, counts, name) -> None:
        """Where the input wants no gradient the weight is not saved."""
        out = layer(torch, name)(torch.rand(2, 4, 8, 8))
        statistics = 2 * 4 * ITEM if name == "batch_norm" else 0

        assert out.requires_grad and counts()[1] == IMAGE + statistics

    def test_bias_alone_saves_nothing(self, torch, counts, name) -> None:
        """The gradient of a bias reads nothing."""
        module = layer(torch, name)
        module.weight.requires_grad_(False)
        out = module(torch.rand(2, 4, 8, 8))

        assert out.requires_grad and counts()[1] == 0

    def test_gradient_of_the_input_is_unchanged(self, torch, name) -> None:
        """Freezing the weight changes what is saved, not the gradient that passes through."""
        module, x = layer(torch, name), torch.rand(2, 4, 8, 8, requires_grad=True)
        gradients = []
        for is_trained in (True, False):
            module.requires_grad_(is_trained)
            gradients += torch.autograd.grad(module(x).square().sum(), x)

        assert (gradients[0] == gradients[1]).all()


def body(torch: ModuleType) -> Any:
    """A small network with the layers of the usual ones."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU6(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3),
        nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.LayerNorm(4),
        nn.Linear(4, 6),
    )


def launches(torch: ModuleType, function: Callable) -> list[str]:
    """Name the kernels that a call launches."""
    with torch._kernels.record_launches() as log:
        function()
    return log.kernel_names()


@pytest.mark.parametrize("is_training", [True, False])
def test_frozen_body_records_nothing(torch, counts, is_training) -> None:
    """Without trainable parameters there is no entry and nothing saved, in either mode."""
    out = body(torch).requires_grad_(False).train(is_training)(torch.rand(2, 3, 12, 12))

    assert not out.requires_grad and counts() == (0, 0)


def test_only_the_head_is_recorded(torch, counts) -> None:
    """A head on a frozen body records what it would record on its own."""
    x, head = torch.rand(2, 3, 12, 12), torch.nn.Linear(6, 2)
    on_body = head(body(torch).requires_grad_(False)(x))
    with_body = counts()
    del on_body
    alone = head(torch.rand(2, 6))

    assert alone.requires_grad and counts() == with_body


def test_frozen_body_runs_as_inference_does(torch, tapegrad) -> None:
    """Frozen layers launch the kernels of a forward pass without gradients, and no others."""
    x, network = torch.rand(2, 3, 12, 12), body(torch).eval()
    with torch.no_grad():
        inference = launches(torch, lambda: network(x))

    assert launches(torch, lambda: network.requires_grad_(False)(x)) == inference


def test_frozen_weights_get_no_gradient_work(torch, tapegrad) -> None:
    """Backward through a frozen layer launches fewer kernels than through a trained one."""
    below, frozen = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 4, 3)
    x, counted = torch.rand(2, 3, 8, 8), []
    for is_trained in (True, False):
        loss = frozen.requires_grad_(is_trained)(below(x)).sum()
        counted.append(len(launches(torch, loss.backward)))

    assert counted[1] < counted[0] and below.weight.grad is not None


def test_nothing_is_saved_below_the_first_trained_layer(torch, counts) -> None:
    """With the last block trained, what is saved does not depend on how deep the body is."""
    saved = []
    for depth in (1, 6):
        layers = [torch.nn.Linear(8, 8) for _ in range(depth)]
        frozen = torch.nn.Sequential(*layers).requires_grad_(False)
        out = torch.nn.Linear(8, 8)(frozen(torch.rand(4, 8)))
        saved.append(counts()[1])
        del out

    assert saved[0] == saved[1] > 0
