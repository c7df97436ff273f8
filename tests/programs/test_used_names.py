"""The names that public training programs use: each is there, or docs/programs.md says why not.

``used_names.txt`` holds what 608 scripts of 19 public repositories use: a namespace or a kind of
object, and after the colon its names. What is an operator stands below as code.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
DOCS = (HERE.parents[1] / "docs" / "programs.md").read_text(encoding="utf-8")
ABSENT = {
    "Tensor.to_sparse", "Tensor.values", "torch.sparse_coo_tensor", "torch.linalg.eig",
}  # fmt: skip


def used_names() -> list[tuple[str, str]]:
    """Give (place, name) pairs; a line that begins with blanks goes on with the one above."""
    text = (HERE / "used_names.txt").read_text(encoding="utf-8").replace("\n  ", " ")
    lines = (line.partition(":") for line in text.splitlines())
    return [(place, name) for place, _, names in lines for name in names.split()]


def holders(place: str, torch: ModuleType) -> list[Any]:
    """Give the objects one of which must have the names of a line."""
    nn = torch.nn
    if place == "Tensor":
        return [torch.ones(2, 2)]
    if place == "Module":
        return [nn.Linear(1, 1)]
    if place == "Optimizer":
        optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
        return [optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1)]
    if place == "layer":
        return [nn.Linear(1, 1), nn.Conv2d(1, 1, 1), nn.LSTM(1, 1), nn.Embedding(1, 1),
                nn.BatchNorm1d(1)]
    holder = torch
    for name in place.split(".")[1:]:
        holder = getattr(holder, name)
    return [holder]


@pytest.mark.parametrize(("place", "name"), [
    (place, name) for place, name in used_names() if f"{place}.{name}" not in ABSENT
])  # fmt: skip
def test_name_is_there(torch: ModuleType, place: str, name: str) -> None:
    """The name can be read where programs read it."""
    assert any(hasattr(holder, name) for holder in holders(place, torch))


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_absent_name_has_a_reason(tapegrad: ModuleType, name: str) -> None:
    """What is left out is a used name, and the page for programs names it."""
    place, _, leaf = name.rpartition(".")

    assert leaf in {used for where, used in used_names() if where == place}
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("code", [
    "x[0, 1:]", "x[x > 0]", "x[:, None]", "x[..., 0]", "x @ x", "x.T + x.mT",
])  # fmt: skip
def test_operators(torch: ModuleType, code: str) -> None:
    """The ways of indexing and the operator that the scripts use."""
    assert torch.is_tensor(eval(code, {"x": torch.eye(3)}))


def test_the_list_is_whole() -> None:
    """Every name of the count stands in the list, once."""
    names = used_names()

    assert len(names) == len(set(names)) == 458
