"""Diagonals and triangles of matrices."""

from __future__ import annotations

import operator

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_device, finished
from tapegrad.ops._declare import method, op, takes_out, takes_tensors
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.shape.parts import diagonal_backward
from tapegrad.ops.shape.sizes import reshape

# ------------------------------------------------------------------------- triangles


def triangle_array(input: np.ndarray, diagonal: int, below: bool) -> np.ndarray:
    """One triangle of each matrix, zeros elsewhere."""
    rows, columns = input.shape[-2:]
    first = max(min(diagonal, columns), -rows)
    return kernels.outputs(OURS["triangle"], (input,), params=(first, int(below)))


def _triangle_op(name: str, below: bool):
    return op(
        name,
        forward=lambda input, diagonal: triangle_array(input, diagonal, below),
        defaults=(0,),
        input=lambda g, diagonal: _TRIANGLES[name](g, diagonal),
        doc="One triangle of each matrix, zeros elsewhere.",
    )


_TRIANGLES = {"tril": _triangle_op("tril", True), "triu": _triangle_op("triu", False)}


def _refuse_vectors(name: str) -> None:
    raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@takes_out()
@method()
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, up to ``diagonal``, and zeros above it.

    ``out[i, j] = input[i, j] if j - i <= diagonal else 0``. Shape: ``(..., n, m)`` to the same.
    """
    if input.ndim < 2:
        _refuse_vectors("tril")
    return _TRIANGLES["tril"](input, operator.index(diagonal))


@takes_out()
@method()
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, from ``diagonal`` on, and zeros below it.

    ``out[i, j] = input[i, j] if j - i >= diagonal else 0``. Shape: ``(..., n, m)`` to the same.
    """
    if input.ndim < 2:
        _refuse_vectors("triu")
    return _TRIANGLES["triu"](input, operator.index(diagonal))


for _function in (tril, triu):
    for _ndim in (2, 3):
        _function.take_shortcut(_TRIANGLES[_function.name], input=_ndim)
_TRIANGLES_INPLACE = {name: InplaceOp(declared) for name, declared in _TRIANGLES.items()}


@method()
def tril_(self: Tensor, diagonal: int = 0) -> Tensor:
    """In-place form of :func:`tril`."""
    if self.ndim < 2:
        _refuse_vectors("tril")
    return _TRIANGLES_INPLACE["tril"](self, operator.index(diagonal))


@method()
def triu_(self: Tensor, diagonal: int = 0) -> Tensor:
    """In-place form of :func:`triu`."""
    if self.ndim < 2:
        _refuse_vectors("triu")
    return _TRIANGLES_INPLACE["triu"](self, operator.index(diagonal))


def _triangle_indices(name: str, row: int, col: int, offset: int, dtype) -> np.ndarray:
    row, col, offset = map(operator.index, (row, col, offset))
    for what, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{what} must be non-negative, got{size}")
    kind = _types.as_dtype(dtype, name) or _types.int64
    if kind.name not in ("int64", "int32"):
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{kernels.TYPE_NAMES[kind.numpy.num]}'"
        )
    distance = np.arange(col) - np.arange(row)[:, None]
    kept = distance <= offset if name == "tril_indices" else distance >= offset
    return np.stack(np.nonzero(kept)).astype(kind.numpy)


@takes_tensors
def tril_indices(row: int, col: int, offset: int = 0, *, dtype=_types.int64, device=None,
                 layout=None, pin_memory=False, requires_grad=False) -> Tensor:  # fmt: skip
    """Rows and columns of the lower triangle of a ``row`` by ``col`` matrix: (2, count)."""
    check_device(device)
    return finished(_triangle_indices("tril_indices", row, col, offset, dtype), requires_grad)


@takes_tensors
def triu_indices(row: int, col: int, offset: int = 0, *, dtype=_types.int64, device=None,
                 layout=None, pin_memory=False, requires_grad=False) -> Tensor:  # fmt: skip
    """Rows and columns of the upper triangle of a ``row`` by ``col`` matrix: (2, count)."""
    check_device(device)
    return finished(_triangle_indices("triu_indices", row, col, offset, dtype), requires_grad)


# ------------------------------------------------------------------------- diagonals


def _copied_diagonal(input, offset, dim1, dim2) -> np.ndarray:
    view = kernels.diagonal(input, offset, dim1, dim2)
    result = kernels.empty(view.shape, view.dtype)
    kernels.copy_array(result, view)
    return result


def _diag_embed(input: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, size)
    result = kernels.fill(kernels.empty(shape, input.dtype), 0)
    kernels.copy_array(kernels.diagonal(result, offset, dim1, dim2), input)
    return result


diagonal_copy_op = op(
    "diagonal_copy",
    forward=_copied_diagonal,
    grad_name="DiagonalBackward0_copy",
    input=lambda g, input_shape, offset, dim1, dim2: diagonal_backward(
        g, input_shape, offset, dim1, dim2
    ),
    doc="A diagonal in new memory.",
)
diag_embed_op = op(
    "diag_embed",
    forward=_diag_embed,
    input=lambda g, offset, dim1, dim2: g.diagonal(offset, dim1, dim2),
    doc="Matrices of zeros with the last dimension on a diagonal.",
)


@takes_out(refuses_grad=False)
@method()
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix as a vector, or a matrix with a vector on its diagonal."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    if input.ndim == 1:
        return diag_embed_op(input, operator.index(diagonal), 0, 1)
    return diagonal_copy_op(input, operator.index(diagonal), 0, 1)


@method()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements of the tensor on one diagonal, and zeros elsewhere."""
    return diag_embed_op(reshape(input, -1), operator.index(offset), 0, 1)


@method()
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros whose diagonals are the last dimension of the tensor.

    Shape: ``(..., n)`` to ``(..., n + |offset|, n + |offset|)``, the new dimensions at ``dim1`` and
    ``dim2``.
    """
    first, second = normal_dim(dim1, input.ndim + 1), normal_dim(dim2, input.ndim + 1)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diag_embed_op(input, operator.index(offset), first, second)


@method()
def fill_diagonal_(self: Tensor, fill_value, wrap: bool = False) -> Tensor:
    """Set the main diagonal to a number; returns the tensor.

    With more than two dimensions all must have one size. ``wrap`` starts anew below a tall matrix's
    last column.
    """
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.ndim > 2 and len(set(self.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if not isinstance(fill_value, (int, float)):
        kind = type(fill_value).__name__
        raise TypeError(
            f"fill_diagonal_(): argument 'fill_value' (position 1) must be Number, not {kind}"
        )
    strides, (rows, columns) = self.stride(), self.shape[:2]
    starts = range(0, rows, columns + 1) if wrap and self.ndim == 2 and columns else (0,)
    for start in starts:
        offset = self.storage_offset() + start * strides[0]
        self.as_strided((min(rows - start, columns),), (sum(strides),), offset).fill_(fill_value)
    return self


# ------------------------------------------------------------------------- trace

trace_op = op(
    "trace",
    forward=lambda input: kernels.reduce(OURS["sum"], input.diagonal(), (0,), False),
    input=lambda g, input_shape: diagonal_backward(
        g.expand(min(input_shape)), input_shape, 0, 0, 1
    ),
    doc="The sum of the diagonal of a matrix.",
)


@method()
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix: ``sum of input[i, i]``."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input.dtype.name == "bool":
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return trace_op(input if input.is_floating_point() else input.long())


__all__ = [
    "diag", "diag_embed", "diagflat", "trace", "tril", "tril_indices", "triu", "triu_indices",
]  # fmt: skip
