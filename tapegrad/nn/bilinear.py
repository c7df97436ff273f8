"""A layer that is linear in each of two inputs."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter


class Bilinear(Module):
    """``x1' W x2 + b`` with one matrix W for each output.

    Shape: ``(..., in1_features)`` and ``(..., in2_features)`` to ``(..., out_features)``.
    """

    __constants__ = ["in1_features", "in2_features", "out_features"]

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(tapegrad.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(tapegrad.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Apply the forms to each pair of vectors."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def reset_parameters(self) -> None:
        """Draw all parameters evenly, up to one over the root of ``in1_features``."""
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """List the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
