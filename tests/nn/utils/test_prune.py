"""Pruning: masks for the same seed, chains of methods, removal and mistakes."""

from importlib import import_module
from types import ModuleType

import pytest
from beside import assert_alike
from support import assert_mistake

START = """
import importlib
prune = importlib.import_module(torch.__name__ + ".nn.utils.prune")
m = torch.nn.Linear(4, 5)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
both = ((net[0], "weight"), (net[2], "weight"))
def show(m):
    hooks = [type(h).__name__ for h in m._forward_pre_hooks.values()]
    return list(m.state_dict()), list(m.state_dict().values()), hooks, m(torch.ones(4)), m.weight
"""
CALLS = [
    "show(prune.identity(m, 'weight'))",
    *(f"show(prune.random_unstructured(m, 'weight', {amount}))" for amount in (0.3, 5, 0, 1.0)),
    *(f"show(prune.l1_unstructured(m, 'weight', {amount}))" for amount in (0.3, 5, 0, 1)),
    "show(prune.l1_unstructured(m, 'weight', 4, importance_scores=torch.randn(5, 4)))",
    "prune.l1_unstructured(m, 'weight', 4, importance_scores=torch.randn(4))",
    *(f"show(prune.random_structured(m, 'weight', {amount}, dim={dim}))"
      for amount, dim in ((2, 0), (0.5, 1), (1, -1), (0, 0))),
    *(f"show(prune.ln_structured(m, 'weight', {amount}, n={n}, dim={dim}))"
      for amount, n, dim in ((2, 2, 0), (0.5, 1, 1), (1, "inf", -1), (0, 2, 0))),
    "show(prune.ln_structured(m, 'weight', 1, 2, 0, importance_scores=torch.randn(5, 4)))",
    "show(prune.custom_from_mask(m, 'weight', torch.ones(5, 4).tril()))",
    "prune.custom_from_mask(m, 'weight', torch.ones(4))",
    "show(prune.l1_unstructured(prune.random_unstructured(m, 'weight', 5), 'weight', 0.4))",
    "show(prune.ln_structured(prune.l1_unstructured(m, 'weight', 9), 'weight', 2, 2, 0))",
    "prune.random_structured(m, 'weight', 1, 1); prune.ln_structured(m, 'weight', 2, 1, -1); "
    "prune.l1_unstructured(m, 'weight', 3); show(m)",
    "prune.identity(m, 'weight'); prune.custom_from_mask(m, 'weight', torch.eye(5, 4)); show(m)",
    "show(prune.remove(prune.l1_unstructured(m, 'weight', 9), 'weight'))",
    "prune.l1_unstructured(m, 'weight', 9); m(torch.ones(4)).sum().backward(); m.weight_orig.grad",
    "prune.remove(m, 'weight')",
    "(prune.is_pruned(net), prune.is_pruned(torch.nn.Sequential(prune.identity(m, 'bias'))))",
    "prune.global_unstructured(both, prune.L1Unstructured, amount=0.4); "
    "(net[0].weight, net[2].weight, list(net.state_dict()))",
    "prune.global_unstructured(both, prune.RandomUnstructured, amount=7); net[0].weight_mask",
    "prune.l1_unstructured(net[0], 'weight', 3); "
    "prune.global_unstructured(both, prune.L1Unstructured, amount=4); net[0].weight_mask",
    "prune.global_unstructured(both, prune.L1Unstructured, "
    "{both[0]: torch.ones(4, 3) * 9}, amount=8); (net[0].weight, net[2].weight)",
    "prune.global_unstructured(3, prune.L1Unstructured, amount=1)",
    "prune.global_unstructured(both, prune.L1Unstructured, [], amount=1)",
    *(f"prune.l1_unstructured(m, 'weight', {amount})" for amount in (-1, 1.5, 50, "'a'", -0.5)),
    "prune.random_structured(m, 'bias', 1, 0)", "prune.ln_structured(m, 'weight', 1, 2, 3)",
    "prune.l1_unstructured(m, 'nothing', 1)",
    "prune.PruningContainer(prune.l1_unstructured(m, 'weight', 1)).add_pruning_method(3)",
    "a = prune.Identity(); a._tensor_name = 'a'; c = prune.PruningContainer(a); "
    "(len(c), c[0] is a, list(c)[0] is a)",
    "prune.L1Unstructured(2).prune(torch.arange(6.0) - 2)",
    "prune.L1Unstructured(0.5).prune(torch.arange(4.0), importance_scores=-torch.arange(4.0))",
    "prune.L1Unstructured(1).prune(torch.ones(2), importance_scores=torch.ones(3))",
    "prune.BasePruningMethod()",
]


@pytest.mark.parametrize("code", CALLS)
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Masks, state, hooks, outputs and mistakes are PyTorch's for the same seed."""
    assert_alike(START + code, torch, reference)


@pytest.mark.parametrize(("code", "error", "text"), [
    ("prune.global_unstructured(both, prune.LnStructured, amount=1, n=1)", TypeError,
     'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method <class'),
    ("a, b = prune.Identity(), prune.Identity(); a._tensor_name, b._tensor_name = 'a', 'b'; "
     "prune.PruningContainer(a).add_pruning_method(b)", ValueError,
     "Can only add pruning methods acting on the parameter named 'a' to PruningContainer <"),
])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """What names a class or an object of the library begins as PyTorch's text."""
    assert_mistake(torch, START + code, error, text)


def test_refused_pruning_leaves_the_module_alone(torch: ModuleType) -> None:
    """After a mistake the parameter is where it was."""
    prune = import_module(f"{torch.__name__}.nn.utils.prune")
    layer = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match="should be smaller than the number of parameters"):
        prune.l1_unstructured(layer, "weight", 100)

    assert list(layer.state_dict()) == ["bias", "weight"]
    assert not prune.is_pruned(layer)
