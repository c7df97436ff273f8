"""AdaptiveLogSoftmaxWithLoss and CrossMapLRN2d beside PyTorch."""

import pytest
from beside import assert_alike

SET_UP = """
m = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5], div_value=2.0, head_bias=True)
x = torch.randn(6, 16, requires_grad=True)
"""


@pytest.mark.parametrize("code", [
    "m(x, torch.tensor([0, 9, 1, 4, 7, 2]))",
    "torch.autograd.grad(m(x, torch.tensor([0, 9, 1, 4, 7, 2])).loss, [x, *m.parameters()])",
    "m(x, torch.tensor([0, 1, 1, 0, 0, 0])).loss", "m(x[0], torch.tensor(8))", "m.log_prob(x)",
    "m.predict(x)", "m.predict(x * 50)", "repr(m)", "repr(m(x[:1], torch.tensor([0])))[:10]",
    "m(x, torch.tensor([0, 10, 1, 4, 7, 2]))", "m(x, torch.tensor([0, -1, 1, 4, 7, 2]))",
    "m(x, torch.tensor([0, 1]))", "m(x, torch.tensor(1))", "m(x, torch.tensor([[1]]))",
    "m(x.reshape(6, 2, 8), torch.zeros(6).long())",
    "torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, [])",
    *[f"torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, {cutoffs})"
      for cutoffs in ([5, 2], [0, 2], [2, 2], [2, 10], [2.5])],
])  # fmt: skip
def test_adaptive_softmax(torch, reference, code):
    """Results, gradients and refusals are PyTorch's."""
    assert_alike(SET_UP + code, torch, reference)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.parametrize("n_channels", [1, 3, 8])
def test_cross_map_lrn(torch, reference, size, n_channels):
    """Values and gradients are PyTorch's, with its choice of channels."""
    assert_alike(f"""
m = torch.nn.CrossMapLRN2d({size}, alpha=0.5, k=2.0)
x = torch.randn(2, {n_channels}, 3, 2, requires_grad=True)
y = m(x)
y, torch.autograd.grad((y * torch.arange(y.numel()).sin().reshape(y.shape)).sum(), x), repr(m)
""", torch, reference)
