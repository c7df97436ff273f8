"""What is timed of PyTorch's table: a sample of some elements, under a name that both have."""

import pytest


def test_names_are_found_in_namespaces(torch) -> None:
    """A dotted name leads through namespaces; one that leads nowhere is left out."""
    breadth = pytest.importorskip("benchmarks.breadth", reason="PyTorch is not installed",
                                  exc_type=ImportError)

    assert breadth.named(torch, "nn.functional.relu") is torch.nn.functional.relu
    assert breadth.named(torch, "no.such.name") is None


def test_sample_has_some_elements() -> None:
    """The first sample of 4 to 400 elements is taken."""
    breadth = pytest.importorskip("benchmarks.breadth", reason="PyTorch is not installed",
                                  exc_type=ImportError)
    entry = next(entry for entry in breadth.op_db if entry.name == "exp")

    assert breadth.FEWEST <= breadth.sample(entry).input.numel() <= breadth.MOST
