"""Parametrizations: registration, assignment, caching, removal, state and copies."""

from types import ModuleType
from typing import Any

import pytest
from beside import assert_alike

MODULES = """
import copy
nn, Z = torch.nn, torch.nn.utils.parametrize
class Double(nn.Module):
    def forward(self, x): return x * 2
    def right_inverse(self, x): return x / 2
class Plain(nn.Module):
    def forward(self, x): return x + 1
class Split(nn.Module):
    def forward(self, a, b): return torch.cat([a, b])
    def right_inverse(self, x): return x[:1], x[1:]
class Wide(nn.Module):
    def forward(self, x): return x.double()
class Row(nn.Module):
    def forward(self, x): return x[0]
class Nothing(nn.Module):
    def forward(self, x): return 3
class Backward(nn.Module):
    def __init__(self, f): super().__init__(); self.f = f
    def forward(self, x, *others): return x
    def right_inverse(self, x): return self.f(x)
def reg(name, *parametrizations, module=None, unsafe=False):
    m = module or nn.Linear(3, 2)
    for p in parametrizations: Z.register_parametrization(m, name, p, unsafe=unsafe)
    return m
def show(m): return str(m), list(m.state_dict()), list(m.state_dict().values()), m(torch.ones(3))
"""
CALLS = [
    "show(reg('weight', Double()))",
    "show(reg('weight', Plain(), Double()))",
    "show(reg('weight', Split(), Plain()))",
    "m = reg('weight', Double()); reg('bias', Plain(), module=m); show(m)",
    "m = reg('weight', Double()); m.weight = torch.ones(2, 3); (m.weight, show(m))",
    "m = reg('weight', Split()); m.weight = torch.ones(2, 3); (m.weight, show(m))",
    "m = reg('weight', Plain()); m.weight = torch.ones(2, 3)",
    "m = reg('weight', Double()); m.weight = torch.ones(2, 3).double()",
    "m = reg('weight', Split()); m.weight = torch.ones(2, 3).double()",
    "m = reg('weight', Double()); m(torch.ones(3)).sum().backward(); "
    "[p.grad for p in m.parameters()]",
    *(f"reg('weight', {p}())" for p in ("Wide", "Row", "Nothing")),
    *(f"reg('weight', {p}(), unsafe=True).weight" for p in ("Plain", "Row", "Wide")),
    *(f"reg('weight', Double(), {p}())" for p in ("Wide", "Row", "Nothing")),
    *(f"show(reg('weight', {first}Backward(lambda x: {result})))" for first in ("", "Double(), ")
      for result in ("x.double()", "x[0]", "3", "(x, 3)", "[x, x]")),
    "reg('nothing', Double())",
    "Z.ParametrizationList([], torch.ones(1))",
    "m = reg('weight', Double()); Z.remove_parametrizations(m, 'weight'); "
    "(type(m).__name__, show(m), hasattr(m, 'parametrizations'))",
    "m = reg('weight', Double()); Z.remove_parametrizations(m, 'weight', False); show(m)",
    "m = reg('weight', Split()); Z.remove_parametrizations(m, 'weight'); show(m)",
    "m = reg('weight', Split()); Z.remove_parametrizations(m, 'weight', False)",
    "m = reg('weight', Double()); reg('bias', Plain(), module=m); "
    "Z.remove_parametrizations(m, 'weight'); (type(m).__name__, show(m))",
    "Z.remove_parametrizations(nn.Linear(2, 2), 'weight')",
    "m = reg('weight', Double()); (Z.is_parametrized(m), Z.is_parametrized(m, 'bias'), "
    "Z.is_parametrized(nn.Linear(1, 1)), type(m).__name__, "
    "Z.type_before_parametrizations(m).__name__)",
    "m = reg('weight', Double()); n = copy.deepcopy(m); n.weight = torch.zeros(2, 3); "
    "(m.weight, n.weight, type(n) is type(m))",
    "m = reg('weight', Double()); m.__getstate__()",
    "m = reg('weight', Double()); n = Z.transfer_parametrizations_and_params(m, nn.Linear(3, 2)); "
    "(n.weight - m.weight, show(n))",
    "m = reg('weight', Split()); n = Z.transfer_parametrizations_and_params(m, nn.Linear(3, 2), "
    "'weight'); (n.weight - m.weight, show(n))",
    "show(Z.transfer_parametrizations_and_params(nn.Linear(3, 2), nn.Linear(3, 2)))",
    "m = nn.BatchNorm1d(3).eval(); reg('running_mean', Plain(), module=m); "
    "(str(m), list(m.state_dict()), m(torch.ones(2, 3)))",
    "m = reg('weight', Double()); n = reg('weight', Double()); n.load_state_dict(m.state_dict()); "
    "n.weight - m.weight",
    "m = reg('weight', Double()).double().eval(); (m.weight, m.parametrizations.training)",
    "(lambda m: m.train(False) and reg('weight', Double(), module=m))(nn.Linear(3, 2))"
    ".parametrizations.weight[0].training",
]


@pytest.mark.parametrize("code", CALLS)
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Values, state, repr and mistakes are PyTorch's."""
    assert_alike(MODULES + code, torch, reference)


def test_cache(torch: ModuleType) -> None:
    """Inside ``cached`` a tensor is computed once, afterwards anew."""
    class Counting(torch.nn.Module):
        n_calls = 0

        def forward(self, x: Any) -> Any:
            Counting.n_calls += 1
            return x * 1

    layer, utils = torch.nn.Linear(2, 2), torch.nn.utils.parametrize
    utils.register_parametrization(layer, "weight", Counting())
    before = Counting.n_calls
    with utils.cached(), utils.cached():
        assert layer.weight is layer.weight
    assert Counting.n_calls == before + 1
    assert layer.weight is not layer.weight
