"""Products over chosen dimensions: ``inner``, ``outer``, ``tensordot``, ``kron``, chains."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, public, reads_numpy, takes_out, takes_tensors
from tapegrad.ops._dims import normal_dim, normal_dims, plain_ints
from tapegrad.ops.convert import contiguous
from tapegrad.ops.linalg._checks import check_floating, check_tensors
from tapegrad.ops.linalg.products import check_vectors, dot, dot_op, mm
from tapegrad.ops.shape import reshape, unsafe_view_op
from tapegrad.ops.tensor_types import type_name

_DTYPE = (
    "tensordot: Expected the output tensor to have dtype {result}, but got an output tensor with "
    "dtype {out}"
)


@takes_out("cast", "mul")
@method("ger")
@method()
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Products of all pairs of elements of two vectors: ``(n)`` and ``(m)`` to ``(n, m)``."""
    for name, vec in (("self", input), ("vec2", vec2)):
        if vec.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vec.ndim}-D")
    return input.reshape(-1, 1) * vec2


@takes_out(_DTYPE, "mul")
@method()
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Inner products over the last dimensions: ``(*a, k)`` and ``(*b, k)`` to ``(*a, *b)``."""
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    if input.ndim == other.ndim == 1 and input.dtype is other.dtype:
        check_vectors("dot", input, other)
        return dot(input, other)
    return tensordot(input, other, ([-1], [-1]))


@takes_out("linalg.vecdot: Expected out of dtype{result} but found {out}", "vdot")
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """``sum(x * y)`` over one dimension; the others are broadcast."""
    check_tensors("linalg_vecdot", x=x, y=y)
    check_floating("linalg.vecdot", x, refuses_half=False)
    if x.dtype is not y.dtype:
        raise RuntimeError(
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type "
            f"{type_name(x)} and y of type {type_name(y)} instead"
        )
    if x.ndim == y.ndim == 1:
        return dot(x, y)
    return (x * y).sum(dim)


vecdot.take_shortcut(dot_op, is_product=True, x=1, y=1)


@takes_out(_DTYPE, records=True)
@reads_numpy
def tensordot(a: Tensor, b: Tensor, dims=2) -> Tensor:
    """Sum products over dimensions of ``a`` and as many of ``b``, paired as listed.

    ``dims`` is a number, for the last dimensions of ``a`` and the first of ``b``, or two lists.
    The remaining dimensions of ``a`` come first in the result. Of paired dimensions, one may have
    size 1. Raises RuntimeError where sizes do not match.
    """
    a_dims, b_dims = map(tuple, _paired_dims(a, b, dims))
    if len(a_dims) != len(b_dims):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype is not b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    are_plain = None not in (plain_ints(a_dims, len(a_dims)), plain_ints(b_dims, len(b_dims)))
    paired = _paired if are_plain else _paired.__wrapped__
    plan = paired(tuple(a.shape), tuple(b.shape), a_dims, b_dims)
    for dim in plan.a_lone:
        a = a.sum(dim, keepdim=True).to(a.dtype)
    for dim in plan.b_lone:
        b = b.sum(dim, keepdim=True).to(b.dtype)
    left = reshape(a.permute(plan.a_order), (plan.rows, plan.depth))
    right = reshape(b.permute(plan.b_order), (plan.depth, plan.columns))
    return reshape(mm(left, right), plan.shape)


class _Pairing(NamedTuple):
    """How a contraction comes to be a product of matrices."""

    a_lone: list  # dimensions summed at once, for the other one has size 1 there
    b_lone: list
    a_order: list
    b_order: list
    rows: int
    depth: int
    columns: int
    shape: list


@lru_cache(1024)
def _paired(a_shape: tuple, b_shape: tuple, a_dims: tuple, b_dims: tuple) -> _Pairing:
    """What follows from sizes and paired dimensions alone. Refuses those that do not match."""
    a_ndim, b_ndim = len(a_shape), len(b_shape)
    a_sizes, a_lone, b_lone = list(a_shape), [], []
    for one, other in zip(a_dims, b_dims, strict=True):
        n, m = a_shape[normal_dim(one, a_ndim)], b_shape[normal_dim(other, b_ndim)]
        if n != m and 1 not in (n, m):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {n} in dim {one} and "
                f"second has size {m} in dim {other}"
            )
        if n != m and n != 1:
            a_lone.append(one)
            a_sizes[one] = 1
        elif n != m:
            b_lone.append(other)
    a_gone = [normal_dim(one, a_ndim) for one in a_dims]
    b_gone = [normal_dim(one, b_ndim) for one in b_dims]
    for contracted in (a_gone, b_gone):
        normal_dims(contracted, len(contracted) and max(a_ndim, b_ndim))
    a_kept = [k for k in range(a_ndim) if k not in a_gone]
    b_kept = [k for k in range(b_ndim) if k not in b_gone]
    rows, columns = [a_shape[k] for k in a_kept], [b_shape[k] for k in b_kept]
    return _Pairing(
        a_lone, b_lone, a_kept + a_gone, b_gone + b_kept, math.prod(rows),
        math.prod(a_sizes[k] for k in a_gone), math.prod(columns), rows + columns,
    )  # fmt: skip


def _paired_dims(a: Tensor, b: Tensor, dims) -> tuple[list, list]:
    if isinstance(dims, Tensor):
        dims = dims.tolist() if dims.numel() > 1 else int(dims.item())
    if isinstance(dims, (tuple, list)) and len(dims) == 2:
        if not all(isinstance(one, (tuple, list)) for one in dims):
            raise TypeError("tensordot() takes a number or two lists of dimensions")
        return list(dims[0]), list(dims[1])
    if not isinstance(dims, int):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] "
            f"containing two lists, but got dims={dims}"
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))


@takes_out("cast", "mul")
@method()
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker product: a copy of ``other`` for each element of ``input``, scaled by it.

    Shape: sizes are multiplied; the one with fewer dimensions gets leading ones of size 1.
    """
    spread, inside, shape = _spread(tuple(input.shape), tuple(other.shape))
    product = unsafe_view_op(contiguous(input), spread) * unsafe_view_op(contiguous(other), inside)
    return unsafe_view_op(product, shape)


@lru_cache(1024)
def _spread(first: tuple, second: tuple) -> tuple[list, list, list]:
    """Sizes that let each element of one tensor meet those of another, and those of the result."""
    ndim = max(len(first), len(second))
    n = [1] * (ndim - len(first)) + list(first)
    m = [1] * (ndim - len(second)) + list(second)
    spread = [size for one in n for size in (one, 1)]
    inside = [size for one in m for size in (1, one)]
    return spread, inside, [one * two for one, two in zip(n, m, strict=True)]


@takes_out("multi_dot(): expected out tensor to have dtype {result_text} but got {out_text}", "mm",
           called="linalg_multi_dot")
def multi_dot(tensors) -> Tensor:
    """Product of a chain of matrices, in the order that takes the fewest multiplications.

    The first may be a row vector, the last a column vector; their dimension is then dropped from
    the result. Source: Cormen et al., Introduction to Algorithms, 15.2.
    """
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            "linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    n = len(tensors)
    if n < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {n}")
    shape: list[int] = []
    chain = list(tensors)
    for place, name, wanted in ((0, "first", (1, -1)), (-1, "last", (-1, 1))):
        one = chain[place]
        if one.ndim not in (1, 2):
            raise RuntimeError(
                f"multi_dot(): the {name} tensor must be 1D or 2D but got {one.ndim}D"
            )
        shape += [one.shape[place]] if one.ndim == 2 else []
        chain[place] = one if one.ndim == 2 else one.reshape(wanted)
    for k, one in enumerate(chain):
        _check_link(tensors, chain, k, one)
    if n == 2:
        product = mm(*chain)
        return product if len(shape) == 2 else product.reshape(shape)
    sizes = [one.shape[0] for one in chain] + [chain[-1].shape[1]]
    product = _chain(chain, _cheapest_splits(sizes), 0, n - 1)
    return product if len(shape) == 2 else product.reshape(shape)


def _check_link(tensors, chain: list, k: int, one: Tensor) -> None:
    if one.ndim != 2:
        raise RuntimeError(f"multi_dot(): tensor {k} must be 2D but got {one.ndim}D")
    if one.dtype is not chain[0].dtype:
        names = [_types_name(chain[0]), _types_name(one)]
        raise RuntimeError(
            f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {names[0]} and "
            f"tensor {k} {names[1]}"
        )
    if k and chain[k - 1].shape[1] != one.shape[0]:
        raise RuntimeError(
            f"multi_dot(): tensors {k - 1} and {k} with shapes {list(chain[k - 1].shape)} and "
            f"{list(one.shape)} cannot be multiplied"
        )


def _types_name(x: Tensor) -> str:
    names = {_types.float32: "float", _types.float64: "double", _types.int64: "long int",
             _types.int32: "int", _types.float16: "c10::Half"}  # fmt: skip
    return names.get(x.dtype, str(x.dtype).removeprefix("torch."))


def _cheapest_splits(sizes: list[int]) -> np.ndarray:
    """For each stretch of a chain the place at which to split it."""
    n = len(sizes) - 1
    cost, split = np.zeros((n, n)), np.zeros((n, n), np.int64)
    for length in range(1, n):
        for start in range(n - length):
            end = start + length
            costs = [
                cost[start, k] + cost[k + 1, end] + sizes[start] * sizes[k + 1] * sizes[end + 1]
                for k in range(start, end)
            ]
            split[start, end] = start + int(np.argmin(costs))
            cost[start, end] = min(costs)
    return split


def _chain(chain: list, split: np.ndarray, start: int, end: int) -> Tensor:
    if start == end:
        return chain[start]
    middle = int(split[start, end])
    return mm(_chain(chain, split, start, middle), _chain(chain, split, middle + 1, end))


@takes_out("multi_dot(): expected out tensor to have dtype {result_text} but got {out_text}", "mm")
@takes_tensors
def chain_matmul(*matrices) -> Tensor:
    """Product of one or more matrices: :func:`linalg.multi_dot` under its older name."""
    chain = matrices[0] if len(matrices) == 1 and not isinstance(matrices[0], Tensor) else matrices
    if not chain:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for one in chain:
        if one.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {one.ndim}, expected 2 instead.")
    return chain[0] if len(chain) == 1 else multi_dot(chain)

ger = public("ger", outer)

__all__ = ["chain_matmul", "ger", "inner", "kron", "outer", "tensordot"]
