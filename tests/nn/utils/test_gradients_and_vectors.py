"""Clipping of gradients, and parameters as one vector."""

from types import ModuleType

import pytest
from beside import assert_alike
from support import assert_mistake

WITH_GRADIENTS = """
m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
m(torch.randn(5, 3)).pow(2).sum().mul(20).backward()
m[0].bias.grad = None
U = torch.nn.utils
grads = lambda: [p.grad for p in m.parameters() if p.grad is not None]
"""
CALLS = [
    *(f"(U.clip_grad_norm_(m.parameters(), 0.5, {order}), grads())"
      for order in (2, 1, 3.5, "inf", "'inf'", 0, "-inf")),
    "(U.clip_grad_norm_(m.parameters(), 1e6), grads())",
    "(U.clip_grad_norm_(m[2].weight, 1.0, foreach=True), grads())",
    "U.clip_grad_norm_([], 1.0)",
    "m.zero_grad(); U.clip_grad_norm_(m.parameters(), 1.0)",
    "m[0].weight.grad[0] = nan; (U.clip_grad_norm_(m.parameters(), 1.0), grads())",
    "m[0].weight.grad[0] = inf; (U.clip_grad_norm_(m.parameters(), 1.0), grads())",
    "m[0].weight.grad[0] = inf; U.clip_grad_norm_(m.parameters(), 1.0, error_if_nonfinite=True)",
    "m[0].double(); (U.clip_grad_norm_(m.parameters(), 1.0), grads())",
    "m.half(); (U.clip_grad_norm_(m.parameters(), 1.0), grads())",
    "(U.clip_grad_norm(m.parameters(), 1.0), grads())",
    "(U.clip_grad_value_(m.parameters(), 0.3), grads())",
    "(U.clip_grad_value_(m[2].bias, 1), grads())",
    "U.get_total_norm(grads())",
    "U.get_total_norm([torch.ones(2), torch.ones(3, 4).double()], 3.0)",
    "U.get_total_norm(torch.tensor([3.0, inf]), error_if_nonfinite=True)",
    "U.get_total_norm([])",
    "U.get_total_norm(torch.arange(3))",
    "U.get_total_norm(torch.empty(0), inf)",
    "U.get_total_norm(torch.empty(0))",
    "(U.clip_grads_with_norm_(m.parameters(), 2.0, torch.tensor(4.0)), grads())",
    "U.parameters_to_vector(m.parameters())",
    "U.vector_to_parameters(torch.arange(26.0), m.parameters()); list(m.parameters())",
    "U.vector_to_parameters([1.0], m.parameters())",
    "U.vector_to_parameters(torch.ones(3), m.parameters())",
    "U.parameters_to_vector(iter([]))",
]


@pytest.mark.parametrize("call", CALLS)
def test_results(torch: ModuleType, reference: ModuleType, call: str) -> None:
    """Norms, gradients and mistakes are PyTorch's."""
    assert_alike(WITH_GRADIENTS + call, torch, reference)


def test_warnings(torch: ModuleType) -> None:
    """The old name and an exhausted generator warn."""
    parameter = torch.nn.Parameter(torch.ones(2))
    with pytest.warns(FutureWarning, match="clip_grad_norm` is now deprecated in favor of"):
        torch.nn.utils.clip_grad_norm([parameter], 1.0)
    with pytest.warns(UserWarning, match="is an empty generator, no gradient clipping"):
        torch.nn.utils.clip_grad_norm_((p for p in []), 1.0)


@pytest.mark.filterwarnings("ignore:Using backward")
def test_clipping_is_not_recorded(torch: ModuleType) -> None:
    """Gradients that are part of a graph are clipped outside the tape."""
    x = torch.ones(3, requires_grad=True)
    (x ** 3).sum().backward(create_graph=True)
    norm = torch.nn.utils.clip_grad_norm_(x, 100.0)

    assert not norm.requires_grad


def test_vector_shares_memory(torch: ModuleType) -> None:
    """Parameters lie in the vector afterwards."""
    vector, layer = torch.zeros(6), torch.nn.Linear(2, 2)
    torch.nn.utils.vector_to_parameters(vector, layer.parameters())
    vector += 1

    assert layer.bias.tolist() == [1.0, 1.0]


FUSED = [
    "(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.randn(2, 3, 5, 5))",
    "(torch.nn.Conv1d(4, 4, 2, groups=2, bias=False), torch.nn.BatchNorm1d(4, affine=False), "
    "torch.randn(2, 4, 5))",
]


@pytest.mark.parametrize("parts", FUSED)
def test_fused_convolution(torch: ModuleType, reference: ModuleType, parts: str) -> None:
    """The fused layer has PyTorch's weights and computes what the two did."""
    code = f"""
layer, bn, x = {parts}
for _ in range(3): bn(layer(x + 1))
layer.eval(), bn.eval()
fused = torch.nn.utils.fuse_conv_bn_eval(layer, bn)
assert torch.allclose(fused(x), bn(layer(x)), atol=1e-5)
[*fused.parameters()], [p.requires_grad for p in fused.parameters()]
"""
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("code", [
    "layer, bn = torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)",
    "layer, bn = torch.nn.Linear(3, 4, bias=False), torch.nn.BatchNorm1d(4)",
    "layer, bn = torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(3)",
    "layer, bn = torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4, track_running_stats=False)",
])
def test_fused_linear(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Linear layers are fused where the features fit."""
    fuse = "torch.nn.utils.fuse_linear_bn_eval(layer, bn).state_dict()"
    assert_alike(f"{code}\nlayer.eval(), bn.eval()\nlist({fuse}.values())", torch, reference)


def test_transposed_convolution(torch: ModuleType, reference: ModuleType) -> None:
    """The outputs of a transposed convolution go along dimension 1 of its weight."""
    code = """
conv, bn = torch.nn.ConvTranspose2d(3, 4, 2).eval(), torch.nn.BatchNorm2d(4).eval()
bn.running_var.fill_(3.0)
list(torch.nn.utils.fuse_conv_bn_eval(conv, bn, transpose=True).parameters())
"""
    assert_alike(code, torch, reference)


def test_fusion_needs_evaluation(torch: ModuleType) -> None:
    """In training mode nothing is fused."""
    code = "torch.nn.utils.fuse_conv_bn_eval(torch.nn.Conv1d(1, 1, 1), torch.nn.BatchNorm1d(1))"
    assert_mistake(torch, code, AssertionError, "Fusion only for eval!")


def test_skip_init(torch: ModuleType) -> None:
    """A module without first values has drawn no random numbers."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    layer = torch.nn.utils.skip_init(torch.nn.Linear, 3, 4, bias=False)

    assert layer.weight.shape == (4, 3)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("arguments", "text"), [
    ("torch.Tensor", "Expected a Module; got <class "),
    ("torch.nn.ReLU", "Module must support a 'device' arg to skip initialization"),
])
def test_skip_init_mistakes(torch: ModuleType, arguments: str, text: str) -> None:
    """Only modules that can be told where their parameters are."""
    assert_mistake(torch, f"torch.nn.utils.skip_init({arguments})", RuntimeError, text)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_stateless_call(torch: ModuleType) -> None:
    """A module is called with other parameters, and keeps its own."""
    layer = torch.nn.Linear(1, 1)
    given = {"weight": torch.full((1, 1), 2.0), "bias": torch.ones(1)}
    out = torch.nn.utils.stateless.functional_call(layer, given, torch.ones(1, 1))

    assert out.item() == 3
    assert layer.weight.item() != 2
