"""Freezing as every PyTorch program spells it, beside PyTorch."""

from types import ModuleType
from typing import Any

import pytest
from support import assert_same


def network(torch: ModuleType) -> Any:
    """A body with batch norm and a head, of which only the head is named ``fc``."""
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
            self.middle = nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU())
            self.fc = nn.Linear(6, 5)

        def forward(self, x):
            return self.fc(self.middle(self.stem(x)).mean((2, 3)))

    return Network()


def steps(torch: ModuleType, model: Any, optimizer: Any, n: int) -> None:
    """Train on the same random pictures."""
    torch.manual_seed(1)
    for _ in range(n):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.rand(8, 3, 8, 8)),
                                                 torch.randint(0, 2, (8,)))
        loss.backward()
        optimizer.step()


def frozen_with_new_head(torch: ModuleType) -> tuple[Any, Any]:
    """Freeze by attribute, replace the head, train it alone."""
    torch.manual_seed(0)
    model = network(torch)
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = torch.nn.Linear(6, 2)
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.1, momentum=0.9)
    steps(torch, model, optimizer, 3)
    return model, optimizer


def head_alone(torch: ModuleType) -> Any:
    return frozen_with_new_head(torch)[0].state_dict()


def head_in_eval(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    model = network(torch).requires_grad_(False).eval()
    model.fc = torch.nn.Linear(6, 2)
    steps(torch, model, torch.optim.SGD(model.fc.parameters(), lr=0.1), 3)
    return model.state_dict()


def unfrozen_later(torch: ModuleType) -> Any:
    model, optimizer = frozen_with_new_head(torch)
    model.middle.requires_grad_(True)
    optimizer.add_param_group({"params": model.middle.parameters(), "lr": 0.01})
    steps(torch, model, optimizer, 3)
    return model.state_dict()


def trainable_below_frozen(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    model = network(torch)
    model.middle.requires_grad_(False)
    model.fc.requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    steps(torch, model, torch.optim.SGD(trained, lr=0.1), 3)
    return model.state_dict()


def frozen_through_detach(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    model = network(torch)
    with torch.no_grad():
        features = model.middle(model.stem(torch.rand(4, 3, 8, 8))).mean((2, 3))
    model.fc(features).sum().backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("program", [head_alone, head_in_eval, unfrozen_later,
                                     trainable_below_frozen, frozen_through_detach])
def test_same_weights_as_pytorch(torch: ModuleType, reference: ModuleType, program: Any) -> None:
    """Each way of freezing ends with PyTorch's parameters and statistics."""
    actual, expected = program(torch), program(reference)

    assert list(actual) == list(expected)
    for name, tensor in expected.items():
        assert_same(actual[name], tensor, rtol=1e-4, atol=1e-6)


def test_only_the_head_changes(torch: ModuleType) -> None:
    """In evaluation mode neither weights nor statistics of a frozen body change by one bit."""
    torch.manual_seed(0)
    before = network(torch).state_dict()
    after = head_in_eval(torch)

    assert all((after[name] == tensor).all() for name, tensor in before.items()
               if not name.startswith("fc."))


def test_frozen_parameters_have_no_gradient(torch: ModuleType) -> None:
    """backward fills the gradients of what is trained, and of nothing else."""
    model, _ = frozen_with_new_head(torch)

    assert {name for name, p in model.named_parameters() if p.grad is not None} \
        == {"fc.weight", "fc.bias"}
