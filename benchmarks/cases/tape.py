"""The tape: sweeps over long ones, and past live entries that have nothing to do with the sweep."""

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Family

family = Family("The tape")
lengths = Family("Tapes of growing length")
reach = Family("Sweeps past others' entries")

CHAIN_LENGTHS = (1_000, 10_000, 100_000, 1_000_000)
UNRELATED_ENTRIES = 1_000_000
REACH_LIMIT = 2


def chain(torch: ModuleType, length: int) -> dict[str, Any]:
    """Return what builds ``length`` multiplies, one after the other."""
    x = torch.ones(10, requires_grad=True)
    factor, gradient = torch.ones(10), torch.ones(10)

    def forward() -> Any:
        y = x
        for _ in range(length):
            y = y * factor
        return y

    return {"forward": forward, "gradient": gradient}


def old_entry(torch: ModuleType, n_unrelated: int) -> dict[str, Any]:
    """Return an entry, and after it ``n_unrelated`` live ones that do not reach it."""
    x = torch.ones(10, requires_grad=True)
    factor = torch.ones(10)
    old = x * factor
    unrelated = torch.ones(1, requires_grad=True)
    for _ in range(n_unrelated):
        unrelated = unrelated * 1.0
    return {"old": old, "factor": factor, "unrelated": unrelated}


sweep = {"run": "y.backward(gradient)", "before": "y = forward()"}
family.case("backward over a tape of 100,000 entries", 6, name="tape", **sweep)(
    partial(chain, length=100_000))
for length in CHAIN_LENGTHS:
    lengths.case(f"{length:,}", name=f"tape-{length}", **sweep)(partial(chain, length=length))

three = {"run": "(old * factor).sum().backward(retain_graph=True)"}
reach.case("backward of three ops", name="near", **three)(partial(old_entry, n_unrelated=0))
reach.case("backward of three ops over 1,000,000 unrelated live entries, beside none",
           name="far", **three)(partial(old_entry, n_unrelated=UNRELATED_ENTRIES))
