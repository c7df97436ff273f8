from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops.generators import Generator

def takes_dtype(kernel: str, array: np.ndarray) -> bool: ...
def drawn(
    kernel: str, array: np.ndarray, params: tuple, generator: Generator | None, requires_grad: bool
) -> Tensor: ...
def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor: ...
def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor: ...
def simple_range(args: tuple) -> tuple[tuple[int, int, bool], tuple[int, ...]] | None: ...
