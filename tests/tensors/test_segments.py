"""``segment_reduce`` and the windows of ``torch`` itself, beside PyTorch's."""

import pytest
from beside import assert_alike

SEGMENTS = [
    "lengths=torch.tensor([1, 0, 3])", "lengths=torch.tensor([1, 0, 3]), initial=5.0",
    "lengths=torch.tensor([1, 2])", "lengths=torch.tensor([1, 2]), unsafe=True",
    "lengths=torch.tensor([1, -1, 4])", "offsets=torch.tensor([0, 1, 1, 4])",
    "offsets=torch.tensor([0, 1, 3])", "", "indices=torch.tensor([0])",
    "lengths=torch.tensor([1.0, 3.0])", "lengths=torch.tensor([1, 3]), axis=1",
    "lengths=torch.tensor([[1, 1], [2, 0], [0, 2], [1, 1]]), axis=1",
    "lengths=torch.tensor([[1, 1], [2, 0], [0, 2], [1, 1]]), axis=-1",
]
WINDOWS = [f"torch.{name}_window({given})"
           for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
           for given in ("0", "1", "2", "5", "16", "7, False", "7, dtype=torch.float64",
                         "7, dtype=torch.float16", "7, dtype=torch.int64", "-1", "'a'",
                         "5, requires_grad=True", "5, pin_memory=True", "5, periodic=False")]
WINDOWS += ["torch.hamming_window(7, True, 0.3)", "torch.hamming_window(7, True, 0.3, 0.6)",
            "torch.kaiser_window(7, True, 0.3)", "torch.kaiser_window(7, False, beta=3.0)",
            "torch.hann_window(7, True, 0.3)"]


@pytest.mark.parametrize("how", ["sum", "mean", "max", "min", "prod", "none"])
@pytest.mark.parametrize("segments", SEGMENTS)
def test_segments_are_reduced_as_in_pytorch(torch, reference, how, segments):
    """Results and gradients of each reduction, with ties, and what is refused."""
    assert_alike(
        "data = torch.tensor([[1.0, 2], [3, 2], [3, -1], [0.5, 2]], requires_grad=True)\n"
        f"result = torch.segment_reduce(data, {how!r}, {segments})\n"
        "result.nansum().backward()\nresult, data.grad", torch, reference)


def test_segments_outside_the_data_are_refused(tapegrad):
    """Offsets that PyTorch would follow out of memory raise."""
    with pytest.raises(RuntimeError, match="leaves the data"):
        tapegrad.segment_reduce(tapegrad.ones(3), "sum", offsets=tapegrad.tensor([0, 9]))


@pytest.mark.parametrize("call", WINDOWS)
def test_windows_are_pytorchs(torch, reference, call):
    """Weights to the last digits, and refusals."""
    assert_alike(call, torch, reference)
