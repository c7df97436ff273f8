"""Batches from a loader."""

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Family

family = Family("Loading")


def loading(torch: ModuleType, n_batches: int) -> dict[str, Any]:
    """Return a shuffled loader over rows of 64 features with a label, and one batch's samples."""
    data = torch.utils.data
    n = n_batches * 32
    dataset = data.TensorDataset(torch.randn(n, 64), torch.randint(10, (n,)))
    loader = data.DataLoader(dataset, 32, shuffle=True)
    samples = [dataset[k] for k in range(32)]
    return {"loader": loader, "samples": samples, "collate": data.default_collate}


family.case("DataLoader over a TensorDataset, 100 batches of 32", 7, name="loader",
            run="for batch in loader: pass")(partial(loading, n_batches=100))
family.case("default_collate of 32 tensors and labels", 0.7, name="collate",
            run="collate(samples)")(partial(loading, n_batches=1))
