"""``torch.norm``: the norms of vectors and matrices by one name."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out, takes_tensors
from tapegrad.ops._dims import dims_of
from tapegrad.ops.linalg.norms import matrix_norm, vector_norm
from tapegrad.ops.reduce.norms import computed_order, vector_norm_op


@takes_tensors
def norm(
    input: Tensor, p="fro", dim=None, keepdim: bool = False, out: Tensor | None = None, dtype=None
) -> Tensor:
    """The p-norm of the elements: ``(sum |x|**p) ** (1/p)``, over all or some dimensions.

    ``"fro"`` is the 2-norm, ``"nuc"`` the sum of a matrix's singular values. ``dtype`` converts
    the elements first. Raises RuntimeError for integers.
    """
    if isinstance(p, str) and p != "fro":
        return _norm_of_matrix(input, p, dim, keepdim, dtype, out)
    order = 2.0 if p is None or isinstance(p, str) else p
    if isinstance(order, np.ndarray) or (isinstance(order, Tensor) and order.ndim):
        raise TypeError(f"an order is a number, not {order}")
    return _norm_of_elements(input, order, dim, keepdim, dtype=dtype, out=out)


@method("norm")
def _norm_method(self: Tensor, p="fro", dim=None, keepdim: bool = False, dtype=None) -> Tensor:
    """The p-norm of the elements, as :func:`norm`."""
    return norm(self, p, dim, keepdim, dtype=dtype)


def _norm_of_matrix(input: Tensor, p: str, dim, keepdim: bool, dtype, out) -> Tensor:
    dims = tuple(range(input.ndim)) if dim is None else dim
    dims = (dims,) if isinstance(dims, int) else dims
    return matrix_norm(input, p, dims, keepdim, dtype=dtype, out=out)


@takes_out(name="linalg_vector_norm")
def _norm_of_elements(input: Tensor, order, dim, keepdim: bool, *, dtype) -> Tensor:
    if dtype is None and input.is_floating_point() and input.numel():
        dims = dims_of(input, dim)
        return vector_norm_op(input, computed_order(input, order, dims), dims, keepdim)
    return vector_norm(input, order, dim, keepdim, dtype=dtype)


@takes_out("any", refuses_grad="norm")
@takes_tensors
def frobenius_norm(input: Tensor, dim, keepdim: bool = False) -> Tensor:
    """The root of the sum of squares over one or two dimensions, all if there is none named."""
    if not isinstance(dim, (int, tuple, list)):
        raise TypeError("frobenius_norm() takes one or two dimensions")
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise RuntimeError(
            f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead."
        )
    return norm(input, "fro", dims or None, keepdim)


@takes_out("any", records=True)
@takes_tensors
def nuclear_norm(input: Tensor, dim=..., keepdim: bool = False) -> Tensor:
    """The sum of the singular values of matrices: the last two dimensions, or ``dim``.

    Without ``dim`` the second argument by position is ``keepdim``.
    """
    if isinstance(dim, bool):
        dim, keepdim = ..., dim
    if isinstance(dim, int):
        dim = (dim, dim)
    return matrix_norm(input, "nuc", (-2, -1) if dim is ... else dim, keepdim)


__all__ = ["frobenius_norm", "norm", "nuclear_norm"]
