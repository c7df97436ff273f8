"""What operations on matrices refuse, in PyTorch's words."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import float16
from tapegrad.ops._arguments import check_tensors
from tapegrad.ops._dims import common_shape
from tapegrad.ops.tensor_types import type_name

# PyTorch's class is torch._C._LinAlgError; tracebacks name it so.
LinAlgError = type(
    "_LinAlgError",
    (RuntimeError,),
    {"__doc__": "A matrix without the result that is asked for.", "__module__": "torch._C"},
)


def check_floating(function: str, x: Tensor, refuses_half: bool = True) -> None:
    """Refuse integers, and unless told otherwise half precision."""
    if not x.is_floating_point():
        raise RuntimeError(
            f"{function}: Expected a floating point or complex tensor as input. Got {type_name(x)}"
        )
    if refuses_half and x.dtype is float16:
        raise RuntimeError(f"{function}: Low precision dtypes not supported. Got {type_name(x)}")


def check_implemented(kernel: str, x: Tensor) -> None:
    """Refuse the dtypes for which LAPACK has no routine."""
    if not x.is_floating_point() or x.dtype is float16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(x)}'")


def check_matrix(function: str, x: Tensor, name: str = "A") -> None:
    """Refuse vectors and numbers."""
    if x.ndim < 2:
        raise RuntimeError(
            f"{function}: The input tensor {name} must have at least 2 dimensions."
        )


def check_square(function: str, x: Tensor, name: str = "A") -> None:
    """Refuse what is no batch of square matrices."""
    check_matrix(function, x, name)
    refuse_rectangles(f"{function}: ", x, name)


def refuse_rectangles(prefix: str, x: Tensor, name: str = "A") -> None:
    """Refuse matrices that are not square."""
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{prefix}{name} must be batches of square matrices, but they are {x.shape[-2]} by "
            f"{x.shape[-1]} matrices"
        )


def check_equation(function: str, a: Tensor, b: Tensor, left: bool) -> None:
    """Refuse right-hand sides that do not fit a square matrix's equation."""
    if a.shape[-2] != b.shape[-2 if left else -1]:
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation "
            f"{'AX' if left else 'XA'} = B ({a.shape[-2]}x{a.shape[-1]} and "
            f"{b.shape[-2]}x{b.shape[-1]})"
        )


def batch_shape(a: Tensor, b: Tensor) -> tuple[int, ...]:
    """The shape to which the leading dimensions of matrices broadcast."""
    first, second = a.shape[:-2], b.shape[:-2]
    return first if first == second else common_shape(first, second)


def first_failure(info: Tensor | np.ndarray) -> tuple[str, int]:
    """The first status that is not zero, with the words that name its place in a batch."""
    array = info._array if isinstance(info, Tensor) else info
    kernels.note_values_read()
    if not np.count_nonzero(array):
        return "", 0
    flat = array.reshape(-1)
    failed = np.flatnonzero(flat)
    place = f"(Batch element {failed[0]}): " if array.ndim else ""
    return place, int(flat[failed[0]])


__all__ = [
    "LinAlgError", "batch_shape", "check_equation", "check_floating", "check_implemented",
    "check_matrix", "check_square", "check_tensors", "first_failure", "refuse_rectangles",
]  # fmt: skip
