"""For tests: whether values are close, and tensors of random numbers."""

from tapegrad.testing.comparison import assert_allclose, assert_close
from tapegrad.testing.creation import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]
