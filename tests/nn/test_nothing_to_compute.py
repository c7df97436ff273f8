"""Layers and losses of batches, sequences and classes that are none."""

from itertools import product
from types import ModuleType

import pytest
from beside import assert_alike


@pytest.mark.parametrize("options", ["", "batch_first=True"])
@pytest.mark.parametrize("sizes", list(product((0, 3), (0, 2)))[:3], ids=str)
def test_attention(torch, reference, options, sizes) -> None:
    """A batch or a sequence may be empty; the weights get zero gradients where it is the batch."""
    assert_alike(f"""
torch.manual_seed(0)
m = torch.nn.MultiheadAttention(4, 2, {options})
x = torch.ones({sizes[0]}, {sizes[1]}, 4, requires_grad=True)
out, weights = m(x, x, x)
alone, nothing = m(x, x, x, need_weights=False)
(out + alone).sum().backward()
out, weights, alone, nothing, x.grad, *[p.grad for p in m.parameters()]
""", torch, reference)


@pytest.mark.parametrize("layer", [
    "TransformerEncoderLayer(4, 2, 8)", "TransformerDecoderLayer(4, 2, 8)",
    "Transformer(4, 2, 1, 1, 8, batch_first=True)",
])
def test_transformer(torch: ModuleType, layer: str) -> None:
    """An empty batch passes through, in training and in evaluation."""
    module = eval(f"torch.nn.{layer}", {"torch": torch})
    shape = (0, 3, 4) if "batch_first" in layer else (3, 0, 4)
    inputs = [torch.ones(shape)] * (1 if "Encoder" in layer else 2)

    assert module(*inputs).shape == shape
    assert module.eval()(*inputs).shape == shape


@pytest.mark.parametrize("shape", [(5, 0), (0, 0), (0, 3), (0,), (2, 0, 3), (2, 3, 0)], ids=str)
@pytest.mark.parametrize("options", [
    {}, {"label_smoothing": 0.1}, {"reduction": "sum"}, {"reduction": "none"}], ids=str)
def test_cross_entropy(torch: ModuleType, shape: tuple, options: dict) -> None:
    """Of no probabilities the mean is nan and the sum zero, also where there are no classes."""
    x = torch.ones(shape, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(x, torch.ones(shape), **options)
    loss.sum().backward()

    assert x.grad.shape == shape
    if "reduction" in options:
        assert loss.sum().item() == 0
    else:
        assert loss.isnan().item()
