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


def test_recorded_takes_the_gradient_of_the_first_result(torch) -> None:
    """A recorded call gives the gradient by the first argument; what has none is left out."""
    breadth = pytest.importorskip("benchmarks.breadth", reason="PyTorch is not installed",
                                  exc_type=ImportError)
    x = torch.tensor([[1.0, 3.0], [2.0, 0.0]])

    (gradient,) = breadth.recorded(torch, torch.max, (x, 1), {})()

    assert gradient.tolist() == [[0, 1], [1, 0]]
    assert breadth.recorded(torch, torch.argmax, (x,), {}) is None
    assert breadth.recorded(torch, torch.bitwise_not, (x.long(),), {}) is None
