"""Linear algebra: products of matrices and vectors, factorisations and what follows from them."""

from tapegrad.ops.linalg.added_products import addbmm, addmv, addr, baddbmm
from tapegrad.ops.linalg.contractions import (
    chain_matmul,
    inner,
    kron,
    multi_dot,
    outer,
    tensordot,
    vecdot,
)
from tapegrad.ops.linalg.einsum import einsum
from tapegrad.ops.linalg.matrices import linalg_diagonal, linalg_vander, vander
from tapegrad.ops.linalg.products import addmm, bmm, dot, linear, matmul, mm, mv, vdot
from tapegrad.ops.linalg.vectors import cdist, cross, linalg_cross

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cdist", "chain_matmul", "cross", "dot",
    "einsum", "inner", "kron", "linalg_cross", "linalg_diagonal", "linalg_vander", "linear",
    "matmul", "mm", "multi_dot", "mv", "outer", "tensordot", "vander", "vdot", "vecdot",
]  # fmt: skip
