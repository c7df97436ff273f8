"""What is timed: each case is written once, against the library that it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

CHAIN_LENGTHS = (1_000, 10_000, 100_000, 1_000_000)
UNRELATED_ENTRIES = 1_000_000
REACH_LIMIT = 2


@dataclass(frozen=True)
class Case:
    """One statement and the names that it uses.

    ``before`` runs untimed ahead of each timed run, which then is a single one. ``target`` is the
    least that PyTorch's time over tapegrad's should be.
    """

    title: str
    names: Callable[[ModuleType], dict[str, Any]]
    statement: str
    before: str = ""
    target: float | None = None


def two_vectors(torch: ModuleType, recorded: bool) -> dict[str, Any]:
    """Two vectors of 10 elements."""
    return {name: torch.ones(10, requires_grad=recorded) for name in "ab"}


def chain(torch: ModuleType, length: int) -> dict[str, Any]:
    """Build ``length`` multiplies, one after the other, and sweep them."""
    x = torch.ones(10, requires_grad=True)
    factor = torch.ones(10)
    gradient = torch.ones(10)

    def forward() -> Any:
        y = x
        for _ in range(length):
            y = y * factor
        return y

    def forward_and_backward() -> None:
        x.grad = None
        forward().backward(gradient)

    return {"forward": forward, "gradient": gradient, "step": forward_and_backward}


def training_step(torch: ModuleType, sizes: tuple[int, int, int], batch: int) -> dict[str, Any]:
    """A whole SGD step of a small classifier, as a user writes it."""
    n_features, n_hidden, n_classes = sizes
    model = torch.nn.Sequential(
        torch.nn.Linear(n_features, n_hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(n_hidden, n_classes),
    )
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, labels = torch.randn(batch, n_features), torch.randint(n_classes, (batch,))

    def step() -> None:
        optimizer.zero_grad()
        loss = loss_function(model(x), labels)
        loss.backward()
        optimizer.step()

    return {"step": step}


def loading(torch: ModuleType, n_batches: int, batch: int) -> dict[str, Any]:
    """A shuffled loader over rows of 64 features with a label, and one batch's samples."""
    data = torch.utils.data
    n = n_batches * batch
    dataset = data.TensorDataset(torch.randn(n, 64), torch.randint(10, (n,)))
    loader = data.DataLoader(dataset, batch, shuffle=True)
    samples = [dataset[k] for k in range(batch)]
    return {"loader": loader, "samples": samples, "collate": data.default_collate}


def recurrence(torch: ModuleType, kind: str) -> dict[str, Any]:
    """A recurrent layer over a padded batch, forward and backward."""
    layer, x = getattr(torch.nn, kind)(32, 64), torch.randn(20, 16, 32)

    def step() -> None:
        layer.zero_grad()
        layer(x)[0].sum().backward()

    return {"step": step}


def stepped_cell(torch: ModuleType) -> dict[str, Any]:
    """A cell that a loop in Python takes over a sequence, forward and backward."""
    cell, x = torch.nn.LSTMCell(32, 64), torch.randn(20, 16, 32)

    def step() -> None:
        cell.zero_grad()
        state = torch.zeros(16, 64), torch.zeros(16, 64)
        for row in x:
            state = cell(row, state)
        state[0].sum().backward()

    return {"step": step}


def optimizer_step(
    torch: ModuleType, name: str, n_tensors: int, size: int, **options: Any
) -> dict[str, Any]:
    """A step of an optimizer alone, past the first, which makes the state."""
    parameters = [torch.nn.Parameter(torch.randn(size)) for _ in range(n_tensors)]
    for parameter in parameters:
        parameter.grad = torch.randn(size)
    optimizer = getattr(torch.optim, name)(parameters, **options)
    optimizer.step()
    return {"step": optimizer.step}


def old_entry(torch: ModuleType, n_unrelated: int) -> dict[str, Any]:
    """An entry, and after it ``n_unrelated`` live ones that have nothing to do with it."""
    x = torch.ones(10, requires_grad=True)
    factor = torch.ones(10)
    old = x * factor
    unrelated = torch.ones(1, requires_grad=True)
    for _ in range(n_unrelated):
        unrelated = unrelated * 1.0
    return {"old": old, "factor": factor, "unrelated": unrelated}


CASES = {
    "multiply": Case(
        "10-element multiply, unrecorded",
        lambda torch: two_vectors(torch, recorded=False), "a * b", target=8),
    "recorded": Case(
        "10-element multiply, recorded",
        lambda torch: two_vectors(torch, recorded=True), "a * b", target=9),
    "chain": Case(
        "100 chained multiplies, forward and backward",
        lambda torch: chain(torch, 100), "step()", target=8),
    "tape": Case(
        "backward over a tape of 100,000 entries",
        lambda torch: chain(torch, 100_000), "y.backward(gradient)", "y = forward()", target=6),
    "small-step": Case(
        "SGD step, 8-16-2 MLP, batch 4",
        lambda torch: training_step(torch, (8, 16, 2), 4), "step()", target=15),
    "step": Case(
        "SGD step, 64-128-10 MLP, batch 32",
        lambda torch: training_step(torch, (64, 128, 10), 32), "step()", target=6),
    "adamw-many": Case(
        "AdamW step, 200 tensors of 100 elements",
        lambda torch: optimizer_step(torch, "AdamW", 200, 100), "step()", target=10),
    "adamw-large": Case(
        "AdamW step, 10 tensors of 100,000 elements",
        lambda torch: optimizer_step(torch, "AdamW", 10, 100_000), "step()", target=1.2),
    "sgd-many": Case(
        "SGD step with momentum, 200 tensors of 100 elements",
        lambda torch: optimizer_step(torch, "SGD", 200, 100, momentum=0.9), "step()", target=10),
    "sgd-large": Case(
        "SGD step with momentum, 10 tensors of 100,000 elements",
        lambda torch: optimizer_step(torch, "SGD", 10, 100_000, momentum=0.9), "step()",
        target=1),
    "lstm": Case(
        "LSTM forward and backward, batch 16, 20 steps, 32 to 64",
        lambda torch: recurrence(torch, "LSTM"), "step()", target=2.5),
    "gru": Case(
        "GRU forward and backward, batch 16, 20 steps, 32 to 64",
        lambda torch: recurrence(torch, "GRU"), "step()", target=2.5),
    "lstm-cell": Case(
        "LSTM cell, 20 steps from Python, forward and backward, batch 16, 32 to 64",
        stepped_cell, "step()", target=6),
    "loader": Case(
        "DataLoader over a TensorDataset, 100 batches of 32",
        lambda torch: loading(torch, 100, 32), "for batch in loader: pass", target=7),
    "collate": Case(
        "default_collate of 32 tensors and labels",
        lambda torch: loading(torch, 1, 32), "collate(samples)", target=0.7),
}

LENGTH_CASES = {
    f"tape-{length}": Case(
        f"{length:,}",
        lambda torch, length=length: chain(torch, length), "y.backward(gradient)", "y = forward()")
    for length in CHAIN_LENGTHS
}

THREE_OPS = "(old * factor).sum().backward(retain_graph=True)"
REACH_CASES = {
    "near": Case("backward of three ops", lambda torch: old_entry(torch, 0), THREE_OPS),
    "far": Case("backward of three ops over 1,000,000 unrelated live entries, beside none",
                lambda torch: old_entry(torch, UNRELATED_ENTRIES), THREE_OPS),
}

ALL_CASES = {**CASES, **LENGTH_CASES, **REACH_CASES}
