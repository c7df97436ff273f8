"""Several tensors as one."""

from __future__ import annotations

import functools
from operator import attrgetter

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import Op, result_type_number
from tapegrad._core.pieces import cut_gradient, dim_to_stack, sizes_to_join
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._declare import op, public, takes_out
from tapegrad.ops._dims import check_sequence, check_tensors, normal_dim
from tapegrad.ops.create import zeros
from tapegrad.ops.promotion import promote_types
from tapegrad.ops.shape.sizes import reshape, with_one_dim, with_three_dims, with_two_dims

cat_op = op(
    "cat",
    forward=kernels.join,
    params=("tensors", "dim", "sizes"),
    takes_sequence=True,
    inputs=("tensors",),
    gradients=lambda g, dim, sizes, needs: (
        g.split(sizes, dim) if is_grad_enabled() else cut_gradient(g, dim, sizes, needs)
    ),
    doc="Tensors joined along a dimension.",
)




def stacking(name: str, grad_name: str = "StackBackward0") -> Op:
    """Declare a stack that is recorded under the name of a node."""
    return op(
        name,
        forward=kernels.stack,
        grad_name=grad_name,
        params=("tensors", "dim"),
        takes_sequence=True,
        inputs=("tensors",),
        gradients=lambda g, dim: g.unbind(dim),
        doc="Tensors of one shape joined along a new dimension.",
    )


stack_op = stacking("stack")


_DTYPE_OF, _SHAPE_OF = attrgetter("dtype"), attrgetter("shape")


def _promoted(tensors) -> list[Tensor]:
    dtypes = set(map(_DTYPE_OF, tensors))
    if len(dtypes) == 1:
        return list(tensors)
    dtype = functools.reduce(promote_types, dtypes)
    return [tensor.to(dtype) for tensor in tensors]


def _joint_dtype(tensors) -> _types.dtype:
    """The dtype that tensors meet in; those without dimensions count as numbers beside others."""
    shaped, lone = [one for one in tensors if one.ndim], [one for one in tensors if not one.ndim]
    given = [_promoted(group)[0] for group in (shaped, lone) if group]
    return _types.BY_NUMPY_NUMBER[result_type_number(*given)]


def _joined(tensors, dim: int = 0) -> Tensor:
    """Tensors joined along an existing dimension; the other sizes must agree."""
    plan = sizes_to_join(tensors, dim)
    if plan is not None:
        return cat_op(tensors, *plan)
    check_sequence("cat", tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    tensors = _promoted(tensors)
    for k, tensor in enumerate(tensors):
        if tensor.ndim == 0:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {k}) cannot be concatenated"
            )
    shaped = [one for one in tensors if one.shape != (0,)]
    # Empty tensors of one dimension fit anywhere; among themselves they have no other dimension.
    dim = normal_dim(dim, shaped[0].ndim) if shaped else 0
    shaped = shaped or tensors[:1]
    _check_cat_shapes(tensors, shaped[0], dim)
    used = tensors if shaped[0].ndim == 1 else shaped
    return cat_op(tuple(used), dim, tuple(one.shape[dim] for one in used))


_joined.__name__ = _joined.__qualname__ = "cat"
cat = takes_out("join")(_joined)


def _check_cat_shapes(tensors, first, dim: int) -> None:
    for k, tensor in enumerate(tensors):
        if tensor.shape == (0,):
            continue
        if tensor.ndim != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {tensor.ndim}"
            )
        for axis in range(first.ndim):
            if axis != dim and tensor.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size "
                    f"{first.shape[axis]} but got size {tensor.shape[axis]} for tensor number {k} "
                    "in the list."
                )


@takes_out("join")
def stack(tensors, dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    plan = dim_to_stack(tensors, dim)
    if plan is not None:
        return stack_op(tensors, plan)
    check_sequence("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    shapes = list(map(_SHAPE_OF, tensors))
    first = shapes[0]
    if shapes.count(first) < len(shapes):
        k = next(k for k, shape in enumerate(shapes) if shape != first)
        raise RuntimeError(
            f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
            f"{list(shapes[k])} at entry {k}"
        )
    return stack_op(_promoted(tensors), normal_dim(dim, len(first) + 1))


# ------------------------------------------------------------------------- rows, columns, blocks


def _checked_list(name: str, tensors) -> list[Tensor]:
    check_sequence(name, tensors)
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return list(tensors)


@takes_out("join", refuses_grad="cat")
def hstack(tensors) -> Tensor:
    """Tensors joined side by side: vectors along dimension 0, all others along dimension 1."""
    tensors = [with_one_dim(one) for one in _checked_list("hstack", tensors)]
    return _joined(tensors, 0 if tensors[0].ndim == 1 else 1)


@takes_out("join", refuses_grad="cat")
def vstack(tensors) -> Tensor:
    """Tensors joined one below the other, along dimension 0; vectors are rows."""
    return _joined([with_two_dims(one) for one in _checked_list("vstack", tensors)], 0)


@takes_out("join", refuses_grad="cat")
def dstack(tensors) -> Tensor:
    """Tensors joined one behind the other, along dimension 2."""
    return _joined([with_three_dims(one) for one in _checked_list("dstack", tensors)], 2)


@takes_out("join", refuses_grad="cat")
def column_stack(tensors) -> Tensor:
    """Tensors joined side by side, along dimension 1; vectors and numbers are columns."""
    columns = [
        reshape(one, one.numel(), 1) if one.ndim <= 1 else one
        for one in _checked_list("column_stack", tensors)
    ]
    return _joined(columns, 1)


def _block_slopes(g: Tensor, shapes: tuple) -> list[Tensor]:
    slopes, row, column = [], 0, 0
    for shape in shapes:
        rows, columns = (1,) * (2 - len(shape)) + shape
        block = g[row : row + rows, column : column + columns]
        slopes.append(block.reshape(shape))
        row, column = row + rows, column + columns
    return slopes


block_diag_op = op(
    "block_diag",
    forward=lambda tensors, shapes: kernels.block_diagonal(tensors),
    takes_sequence=True,
    inputs=("tensors",),
    gradients=lambda g, shapes: _block_slopes(g, shapes),
    doc="Matrices on the diagonal of a matrix of zeros.",
)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one, with zeros elsewhere.

    Vectors count as one row, numbers as one element. Raises RuntimeError for more dimensions.
    """
    check_tensors(tensors)
    for position, one in enumerate(tensors):
        if one.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{position} has {one.ndim} dimensions"
            )
    if not tensors:
        return zeros(1, 0)
    dtype = _joint_dtype(tensors)
    blocks = tuple([one if one.dtype is dtype else one.to(dtype) for one in tensors])
    return block_diag_op(blocks, tuple([tuple(one.shape) for one in tensors]))


concat, concatenate = public("concat", cat), public("concatenate", cat)
row_stack = public("row_stack", vstack)

__all__ = [
    "block_diag", "cat", "column_stack", "concat", "concatenate", "dstack", "hstack", "row_stack",
    "stack", "vstack",
]  # fmt: skip
