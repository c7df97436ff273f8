"""float16 by way of float, and forward functions for floating-point dtypes alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import composite

HALF = np.dtype(np.float16)
FLOAT = np.dtype(np.float32)


def rounded_once(compute: Callable, input: np.ndarray, *how):
    """What is computed of a float16 array in float, rounded at the end: an array, or several."""
    wide = compute(kernels.cast_array(input, FLOAT), *how)
    if isinstance(wide, tuple):
        return tuple(kernels.cast_array(one, HALF) for one in wide)
    return kernels.cast_array(wide, HALF)


def run_on_floats(name: str, input: np.ndarray, *numbers: float) -> np.ndarray:
    """Run our kernel of a name on floating-point elements, with numbers if it takes some."""
    return kernels.pointwise(OURS[name], input, params=numbers or None)


def on_floats(kernel: str, function: Callable) -> Callable[..., np.ndarray]:
    """The forward function of an op that ``function`` computes by ops that are already there.

    float16 is computed in float and rounded once, as PyTorch's vectors do it. Integers are refused
    in the name of PyTorch's ``kernel``.
    """
    compute = composite(function)

    def run(input: np.ndarray, *settings) -> np.ndarray:
        refuse_integers(kernel, input)
        if input.dtype is HALF:
            return rounded_once(compute, input, *settings)
        return compute(input, *settings)

    return run
