"""Gradients of activations: what arrives times the slope at the input, by one kernel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import Op
from tapegrad._kernels import OURS
from tapegrad.ops._declare import op
from tapegrad.ops.create import zeros_like


def slope_op(name: str, kernel: str | None = None, input: Callable | None = None) -> Op:
    """Declare ``name(g, input, numbers)``: a gradient times the slope of an activation.

    ``kernel``, of the same name unless given, computes it; without numbers, the op takes none. By
    ``g`` it is its own derivative. ``input`` is the formula of that by the input, which is 0 unless
    given: that of a slope that is constant between kinks.
    """
    loops = OURS[kernel or name]
    doc = "A gradient times the slope at the input."
    by_input = input or (lambda g: zeros_like(g))
    if loops.params_format is None:
        return op(name, kernel=loops, params=("g_out", "input"), doc=doc,
                  g_out=f"{name}(g, input)", input=by_input)  # fmt: skip

    def run(g_out: np.ndarray, input: np.ndarray, numbers: tuple) -> np.ndarray:
        return kernels.pointwise(loops, g_out, input, params=numbers)

    return op(name, forward=run, doc=doc, g_out=f"{name}(g, input, numbers)", input=by_input)
