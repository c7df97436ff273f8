"""Where the elements are that are not zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out
from tapegrad.ops.index.by_tensors import positions


@takes_out("nonzero: Expected out tensor to have scalar type {result} but got scalar type{out}")
@method()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not zero: (count, ndim), or a tuple a dimension."""
    array = input.detach().numpy()
    if as_tuple:
        found = positions(array.reshape(1) if array.ndim == 0 else array)
        return tuple(Tensor._wrap(np.ascontiguousarray(one)) for one in found)
    if array.ndim == 0:
        return Tensor._wrap(np.zeros((int(bool(array)), 0), np.int64))
    return Tensor._wrap(np.ascontiguousarray(np.stack(positions(array), axis=1)))
