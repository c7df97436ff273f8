"""Weight and spectral norm as hooks, and as parametrizations."""

from types import ModuleType

import pytest
from beside import assert_alike
from support import evaluate

SHOW = """
import copy, warnings
warnings.simplefilter("ignore")
U = torch.nn.utils
P = torch.nn.utils.parametrizations
def show(m, x, steps=2):
    seen = []
    for _ in range(steps):
        out = m(x)
        m.zero_grad()
        out.pow(2).sum().backward()
        seen += [out, *(p.grad for p in m.parameters())]
    m.eval()
    state = m.state_dict()
    return seen, m(x), list(state), list(state.values()), str(m)
"""
MODULES = [
    *(f"show({norm}, torch.randn(4, 3))" for norm in (
        "U.weight_norm(torch.nn.Linear(3, 5))", "U.weight_norm(torch.nn.Linear(3, 5), dim=1)",
        "U.weight_norm(torch.nn.Linear(3, 5), dim=None)",
        "U.weight_norm(torch.nn.Linear(3, 5), 'bias')",
        "P.weight_norm(torch.nn.Linear(3, 5))", "P.weight_norm(torch.nn.Linear(3, 5), dim=None)",
        "U.spectral_norm(torch.nn.Linear(3, 5))",
        "U.spectral_norm(torch.nn.Linear(3, 5), n_power_iterations=3, dim=1)",
        "P.spectral_norm(torch.nn.Linear(3, 5))", "P.spectral_norm(torch.nn.Linear(3, 5), dim=1)",
        "P.spectral_norm(torch.nn.Linear(3, 5), 'bias')",
        "P.orthogonal(torch.nn.Linear(3, 3))", "P.orthogonal(torch.nn.Linear(3, 5))",
        "P.orthogonal(torch.nn.Linear(3, 2))",
        "P.orthogonal(torch.nn.Linear(3, 5), orthogonal_map='cayley')",
        "P.orthogonal(torch.nn.Linear(3, 2), orthogonal_map='matrix_exp')",
    )),
    *(f"show(P.orthogonal(torch.nn.Linear(3, {n}), use_trivialization=False).double(), "
      "torch.randn(4, 3).double())" for n in (5, 2)),
    "show(U.weight_norm(torch.nn.Conv2d(2, 3, 2)), torch.randn(1, 2, 4, 4))",
    "show(P.weight_norm(torch.nn.Conv2d(2, 3, 2), dim=1), torch.randn(1, 2, 4, 4))",
    "show(U.spectral_norm(torch.nn.ConvTranspose1d(2, 3, 2)), torch.randn(1, 2, 4))",
    "show(P.spectral_norm(torch.nn.ConvTranspose1d(2, 3, 2)), torch.randn(1, 2, 4))",
]
CALLS = [
    "m = U.weight_norm(torch.nn.Linear(2, 2)); U.remove_weight_norm(m); list(m.state_dict())",
    "m = U.spectral_norm(torch.nn.Linear(2, 2)); U.remove_spectral_norm(m); list(m.state_dict())",
    "m = U.spectral_norm(torch.nn.Linear(2, 2)); U.remove_spectral_norm(m); "
    "(len(m._state_dict_hooks), len(m._forward_pre_hooks))",
    "U.weight_norm(U.weight_norm(torch.nn.Linear(2, 2)))",
    "U.spectral_norm(U.spectral_norm(torch.nn.Linear(2, 2)))",
    "U.spectral_norm(torch.nn.Linear(2, 2, bias=False), 'bias')",
    "U.spectral_norm(torch.nn.Linear(2, 2), n_power_iterations=0)",
    "U.remove_weight_norm(torch.nn.Linear(2, 2))",
    "U.remove_spectral_norm(torch.nn.Linear(2, 2), 'bias')",
    "P.spectral_norm(torch.nn.Linear(2, 2), dim=2)",
    "P.spectral_norm(torch.nn.Linear(2, 2), n_power_iterations=-1)",
    "P.spectral_norm(torch.nn.Linear(2, 2), 'nothing')",
    "P.orthogonal(torch.nn.Linear(2, 2), 'bias')",
    "P.orthogonal(torch.nn.Linear(2, 2), 'nothing')",
    "P.orthogonal(torch.nn.Linear(2, 2), orthogonal_map='other')",
    "m = P.orthogonal(torch.nn.Linear(2, 2)); m.weight = torch.ones(3, 3)",
    "m = P.orthogonal(torch.nn.Linear(2, 2)); m.weight = torch.tensor([[0., 1], [1, 0]]); "
    "(m.weight, m.parametrizations.weight[0].base)",
    "m = P.orthogonal(torch.nn.Linear(3, 2), use_trivialization=False); "
    "m.weight = torch.tensor([[0., 1, 0], [1, 0, 0]]); m.weight",
    "m = P.orthogonal(torch.nn.Linear(2, 2), use_trivialization=False); "
    "m.weight = torch.tensor([[0., 1], [1, 0]])",
    "m = P.weight_norm(torch.nn.Linear(2, 2)); m.weight = torch.eye(2) * 3; "
    "(m.weight, m.parametrizations.weight.original0)",
    "old = U.weight_norm(torch.nn.Linear(2, 2)); new = P.weight_norm(torch.nn.Linear(2, 2)); "
    "(repr(new.load_state_dict(old.state_dict())), new.weight)",
    "m = U.spectral_norm(torch.nn.Linear(2, 2)); m.state_dict()._metadata",
    "m = U.spectral_norm(torch.nn.Linear(2, 3)); s = m.state_dict(); del s._metadata; "
    "s['weight'] = m.weight / 2; del s['weight_v']; m.load_state_dict(s); m.weight_v",
    "m = U.spectral_norm(torch.nn.Linear(2, 3)); s = m.state_dict(); del s._metadata; "
    "del s['weight_u']; m.load_state_dict(s)",
]


@pytest.mark.parametrize("code", [*MODULES, *CALLS])
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Outputs, gradients, state, repr and mistakes are PyTorch's for the same seed."""
    assert_alike(SHOW + code, torch, reference)


@pytest.mark.parametrize("call", [
    "weight_norm(torch.nn.Linear(2, 2))",
    "stateless.functional_call(torch.nn.ReLU(), {}, torch.ones(1))",
])
def test_deprecated(torch: ModuleType, call: str) -> None:
    """What has a successor says so."""
    with pytest.warns(FutureWarning, match="deprecated"):
        evaluate(f"torch.nn.utils.{call}", torch)


def test_orthogonal_weights(torch: ModuleType) -> None:
    """Columns stay orthonormal while the parameter is trained."""
    layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 6))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(1, 3)).sum().backward()
        optimizer.step()

    assert torch.allclose(layer.weight.mT @ layer.weight, torch.eye(3), atol=1e-5)
