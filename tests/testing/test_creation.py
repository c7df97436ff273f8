"""``testing.make_tensor`` beside PyTorch's."""

import pytest
from beside import assert_alike

CALLS = [
    "m(3, 4, dtype=torch.float32, device='cpu')", "m((3, 4), dtype=torch.float64, device='cpu')",
    "m([2, 2], dtype=torch.float16, device='cpu')", "m(dtype=torch.float32, device='cpu')",
    "m(4, dtype=torch.bool, device='cpu')", "m(40, dtype=torch.uint8, device='cpu')",
    "m(40, dtype=torch.int8, device='cpu')", "m(40, dtype=torch.int64, device='cpu')",
    "m(5, dtype=torch.int32, device='cpu', low=2.5, high=4.5)",
    "m(5, dtype=torch.uint8, device='cpu', low=-100, high=1000)",
    "m(5, dtype=torch.int64, device='cpu', low=-2**70, high=2**70)",
    "m(5, dtype=torch.float32, device='cpu', low=-1e300, high=1e300)",
    "m(5, dtype=torch.float32, device='cpu', low=2)",
    "m(5, dtype=torch.float32, device='cpu', low=10)",
    "m(5, dtype=torch.float32, device='cpu', low=2, high=2)",
    "m(5, dtype=torch.int32, device='cpu', low=2, high=2)",
    "m(5, dtype=torch.float32, device='cpu', low=nan)",
    "m(5, dtype=torch.uint8, device='cpu', low=300, high=400)",
    "m(5, dtype=torch.bool, device='cpu', low=-3, high=-1)",
    "m(2, 3, dtype=torch.float32, device='cpu', requires_grad=True)",
    "m(2, 3, dtype=torch.float32, device='cpu', requires_grad=True).requires_grad",
    "m(2, 3, dtype=torch.int32, device='cpu', requires_grad=True)",
    "m(2, 3, dtype=torch.float32, device='cpu', noncontiguous=True).stride()",
    "m(2, 3, dtype=torch.int16, device='cpu', noncontiguous=True)",
    "m(1, dtype=torch.int16, device='cpu', noncontiguous=True).stride()",
    "m(2, 3, 4, 5, dtype=torch.float32, device='cpu', memory_format=torch.channels_last).stride()",
    "m(2, 3, dtype=torch.float32, device='cpu', memory_format=torch.contiguous_format,"
    " noncontiguous=True)",
    "m(50, dtype=torch.uint8, device='cpu', low=0, high=2, exclude_zero=True)",
    "m(50, dtype=torch.bool, device='cpu', exclude_zero=True)",
    "m(50, dtype=torch.float32, device='cpu', low=0, high=1e-38, exclude_zero=True)",
]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """The same numbers for the same seed, the same refusals."""
    assert_alike(f"m = torch.testing.make_tensor\n{call}", torch, reference)
