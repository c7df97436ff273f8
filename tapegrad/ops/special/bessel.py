"""Modified Bessel functions of the first kind."""

from __future__ import annotations

import numpy as np

from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops.pointwise import where_op

i0 = op(
    "i0", kernel=OURS["i0"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * i1(input),
    doc="Modified Bessel function of order 0. Source: https://dlmf.nist.gov/10.25",
)  # fmt: skip
i0e = op(
    "special_i0e", kernel=OURS["i0e"], makes_float=True, grad_name="SpecialI0EBackward0",
    input=lambda g, input, out: g * (i1e(input) - input.sgn() * out),
    doc="``exp(-|x|) * i0(x)``.",
)  # fmt: skip
i1 = op(
    "special_i1", kernel=OURS["i1"], makes_float=True,
    input=lambda g, input, out: g * _slope_of_i1(input, i0(input), out),
    doc="Modified Bessel function of order 1. Source: https://dlmf.nist.gov/10.25",
)  # fmt: skip
i1e = op(
    "special_i1e", kernel=OURS["i1e"], makes_float=True, grad_name="SpecialI1EBackward0",
    input=lambda g, input, out: g * (
        _slope_of_i1(input, i0e(input), out) - where_op(_is_tiny(input), 0.0, input.sgn() * out)
    ),
    doc="``exp(-|x|) * i1(x)``.",
)  # fmt: skip


def _is_tiny(x: Tensor) -> Tensor:
    # NaN counts as tiny: its slope is that at zero, as in PyTorch.
    return ~(x.abs() > float(np.finfo(x.dtype.numpy).eps))


def _slope_of_i1(x: Tensor, i0_of_x: Tensor, i1_of_x: Tensor) -> Tensor:
    """``I0(x) - I1(x) / x``; 1/2 at zero."""
    tiny = _is_tiny(x)
    return where_op(tiny, 0.5, i0_of_x - i1_of_x / where_op(tiny, 1.0, x))


__all__ = ["i0"]
