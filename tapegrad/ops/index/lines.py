"""What the operations that read and write lines by positions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp, Op
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op


def out_of_bounds(index: int, dim: int, size: int) -> Exception:
    """How most operations refuse an index."""
    return RuntimeError(f"index {index} is out of bounds for dimension {dim} with size {size}")


def writing_ops(
    name: str, write: Callable, grad_name: str, keeps_order: bool = False,
    check: Callable | None = None, **formulas: Any,
) -> tuple[Op, InplaceOp]:  # fmt: skip
    """An op that gives a copy into which ``write`` wrote, and its in-place form.

    ``write`` takes the array to write to first; in place that is the tensor's own, and ``check``,
    of the same arguments, is asked before. The copy is row-major, as PyTorch's, or with
    ``keeps_order`` laid out like the input.
    """
    names = write.__code__.co_varnames[: write.__code__.co_argcount]
    copied = kernels.copied if keeps_order else kernels.row_major

    def copy_and_write(input: np.ndarray, *args) -> np.ndarray:
        result = copied(input)
        write(result, *args)
        return result

    def check_and_write(input: np.ndarray, *args) -> None:
        if check is not None:
            check(input, *args)
        write(input, *args)

    shared = {"params": names, "grad_name": grad_name, "doc": write.__doc__ or "", **formulas}
    copying = op(name, forward=copy_and_write, **shared)
    writing = op(f"{name}_", forward=check_and_write, writes=True, **shared)
    return copying, InplaceOp(writing)


def refuse_shared(target: Tensor, *sources: Tensor) -> None:
    """Refuse to write to memory that is read at the same time, also where it is just the same."""
    for source in sources:
        if np.may_share_memory(target._array, source._array):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to "
                "tensor refer to a single memory location. Please clone() the tensor before "
                "performing the operation."
            )
