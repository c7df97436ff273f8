"""Rows and elements picked by index, with the gradient that puts them back."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Indexing, forward and backward")


@family.case("embedding, 2,048 of 10,000 rows of 64", 1.5)
def embedding(torch: ModuleType) -> Step:
    """Look tokens up."""
    table, tokens = torch.nn.Embedding(10_000, 64), torch.randint(10_000, (32, 64))
    return backward(table.parameters(), lambda: table(tokens))


@family.case("`gather`, 1,000×1,000 from the same", 1.5)
def gather(torch: ModuleType) -> Step:
    """Pick elements along rows."""
    x, index = torch.randn(1000, 1000, requires_grad=True), torch.randint(1000, (1000, 1000))
    return backward([x], lambda: x.gather(1, index))


@family.case("`scatter_add`, 1,000×1,000 into the same", 1.5)
def scatter(torch: ModuleType) -> Step:
    """Add elements along rows."""
    x, y = (torch.randn(1000, 1000, requires_grad=True) for _ in range(2))
    index = torch.randint(1000, (1000, 1000))
    return backward([x, y], lambda: x.scatter_add(1, index, y))


@family.case("`x[rows]`, 2,048 of 10,000 rows of 64", 1.5)
def index_rows(torch: ModuleType) -> Step:
    """Pick whole rows."""
    x, rows = torch.randn(10_000, 64, requires_grad=True), torch.randint(10_000, (2_048,))
    return backward([x], lambda: x[rows])


@family.case("`x[rows, columns]`, 10,000 elements of 1,000×1,000", 1.5)
def index_elements(torch: ModuleType) -> Step:
    """Pick single elements."""
    x = torch.randn(1000, 1000, requires_grad=True)
    rows, columns = (torch.randint(1000, (10_000,)) for _ in range(2))
    return backward([x], lambda: x[rows, columns])


@family.case("`x[mask]`, half of 1,000×1,000", 1.5)
def index_mask(torch: ModuleType) -> Step:
    """Pick what a mask allows."""
    x, mask = torch.randn(1000, 1000, requires_grad=True), torch.randn(1000, 1000) > 0
    return backward([x], lambda: x[mask])


@family.case("`x[rows]`, 64 of 100 rows of 16, unrecorded", run="x[rows]")
def few_rows(torch: ModuleType) -> dict[str, Any]:
    """A batch from a replay buffer."""
    return {"x": torch.randn(100, 16), "rows": torch.randint(100, (64,))}


@family.case("`x[rows] = y`, 64 of 100 rows of 16", run="x[rows] = y")
def few_rows_written(torch: ModuleType) -> dict[str, Any]:
    """A batch into one."""
    return {**few_rows(torch), "y": torch.randn(64, 16)}


@family.case("embedding, 64 of 100 rows of 16")
def few_tokens(torch: ModuleType) -> Step:
    """Look few tokens up in a small table."""
    table, tokens = torch.nn.Embedding(100, 16), torch.randint(100, (64,))
    return backward(table.parameters(), lambda: table(tokens))


@family.case("sums of bags, 256 of 40 of 50,000 rows of 64")
def bags(torch: ModuleType) -> Step:
    """Bags of words, as a classifier of texts has them."""
    table, words = torch.nn.EmbeddingBag(50_000, 64, mode="sum"), torch.randint(50_000, (256, 40))
    return backward(table.parameters(), lambda: table(words))
