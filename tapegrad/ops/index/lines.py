"""Lines of memory along one dimension, read and written by positions: on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp, Op
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op


def checked_positions(
    index: np.ndarray, size: int, refusal: Callable[[int], Exception], wraps: bool = False
) -> np.ndarray:
    """An index as int64 positions in a dimension; ``refusal`` makes the error for a bad one.

    With ``wraps`` negative ones count from the end.
    """
    result = kernels.empty(index.shape, np.int64)
    try:
        OURS["positions"](index, result, params=(0, 0, size, wraps))
    except KernelRefusal as refused:
        raise refusal(refused.args[0]) from None
    return result


def check_positions(index: np.ndarray, size: int, refusal: Callable[[int], Exception]) -> None:
    """Refuse an index that is not all positions in a dimension, counted from the front."""
    try:
        OURS["check_positions"](as_positions(index), params=(0, 0, size, False))
    except KernelRefusal as refused:
        raise refusal(refused.args[0]) from None


def out_of_bounds(dim: int, size: int, kind: type[Exception] = RuntimeError) -> Callable:
    """How most operations refuse an index."""
    return lambda index: kind(
        f"index {index} is out of bounds for dimension {dim} with size {size}"
    )


def as_positions(index: np.ndarray) -> np.ndarray:
    """An index as the kernels of lines read it, which check it themselves."""
    return index if index.dtype == np.int64 else kernels.cast_array(index, np.int64)


def line_last(array: np.ndarray, dim: int) -> np.ndarray:
    """A view with the dimension of the lines last; a number is a line of one element."""
    return array.swapaxes(dim, -1) if array.ndim else array.reshape(1)


def _run(kernel: str, operands: tuple, size: int, refusal: Callable | None) -> None:
    """Run a kernel of lines, which checks the positions if there is a ``refusal`` to raise."""
    try:
        OURS[kernel](*operands, params=(0, 0, size if refusal else -1, False))
    except KernelRefusal as refused:
        assert refusal is not None
        raise refusal(refused.args[0]) from None


def pick(
    source: np.ndarray, positions: np.ndarray, dim: int, refusal: Callable | None = None
) -> np.ndarray:
    """Elements of each line at its positions: ``out[i, j] = source[i, positions[i, j]]``.

    Positions were checked before, unless ``refusal`` makes the error for a bad one.
    """
    result = kernels.empty(positions.shape, source.dtype)
    if result.size:
        lines = line_last(kernels.cut_to(source, positions.shape, dim), dim)
        operands = (lines, line_last(positions, dim), line_last(result, dim))
        _run("pick", operands, lines.shape[-1], refusal)
    return result


def place(
    kernel: str, target: np.ndarray, positions: np.ndarray, values: np.ndarray, dim: int,
    refusal: Callable | None = None,
) -> None:  # fmt: skip
    """Write or combine values into each line of the target at its positions.

    Positions were checked before, unless ``refusal`` makes the error for a bad one. What comes
    before it is written then, so the target must be new.
    """
    if positions.size:
        lines = line_last(kernels.cut_to(target, positions.shape, dim), dim)
        given = line_last(kernels.cut_to(values, positions.shape), dim)
        _run(kernel, (given, line_last(positions, dim), lines), lines.shape[-1], refusal)


def place_slices(
    kernel: str, target: np.ndarray, positions: np.ndarray, values: np.ndarray, dim: int
) -> None:
    """Write or combine whole slices: one position of the vector for all lines."""
    if values.size and positions.size:
        _run(kernel, (line_last(values, dim), positions, line_last(target, dim)), 0, None)


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

    def copy_and_write(input: np.ndarray, *args) -> np.ndarray:
        result = kernels.empty_like(input) if keeps_order else kernels.empty(
            input.shape, input.dtype
        )
        kernels.copy_array(result, input)
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
