"""Linear algebra: products of matrices and vectors, factorisations and what follows from them."""

from tapegrad.ops.linalg.added_products import addbmm, addmv, addr, baddbmm
from tapegrad.ops.linalg.cholesky import (
    cholesky,
    cholesky_ex,
    cholesky_inverse,
    cholesky_solve,
    linalg_cholesky,
)
from tapegrad.ops.linalg.contractions import (
    chain_matmul,
    inner,
    kron,
    multi_dot,
    outer,
    tensordot,
    vecdot,
)
from tapegrad.ops.linalg.determinants import det, linalg_slogdet, logdet, slogdet
from tapegrad.ops.linalg.eigenvalues import eigh, eigvalsh
from tapegrad.ops.linalg.einsum import einsum
from tapegrad.ops.linalg.householder import geqrf, householder_product, orgqr
from tapegrad.ops.linalg.inverses import inv, inv_ex, solve, solve_ex, tensorinv, tensorsolve
from tapegrad.ops.linalg.lu import (
    linalg_lu,
    linalg_lu_solve,
    lu,
    lu_factor,
    lu_factor_ex,
    lu_solve,
    lu_unpack,
)
from tapegrad.ops.linalg.matrices import linalg_diagonal, linalg_vander, vander
from tapegrad.ops.linalg.norms import cond, matrix_norm, norm, vector_norm
from tapegrad.ops.linalg.powers import matrix_exp, matrix_power
from tapegrad.ops.linalg.products import addmm, bmm, dot, linear, matmul, mm, mv, vdot
from tapegrad.ops.linalg.pseudoinverse import lstsq, matrix_rank, pinv, pinverse
from tapegrad.ops.linalg.qr import linalg_qr, qr
from tapegrad.ops.linalg.singular_values import linalg_svd, svd, svdvals
from tapegrad.ops.linalg.triangular import solve_triangular, triangular_solve
from tapegrad.ops.linalg.vectors import cdist, cross, linalg_cross

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cdist", "chain_matmul", "cholesky",
    "cholesky_ex", "cholesky_inverse", "cholesky_solve", "cond", "cross", "det", "dot", "eigh",
    "eigvalsh", "einsum", "geqrf", "householder_product", "inner", "inv", "inv_ex", "kron",
    "linalg_cholesky", "linalg_cross", "linalg_diagonal", "linalg_lu", "linalg_lu_solve",
    "linalg_qr", "linalg_slogdet", "linalg_svd", "linalg_vander", "linear", "logdet", "lstsq",
    "lu", "lu_factor", "lu_factor_ex", "lu_solve", "lu_unpack", "matmul", "matrix_exp",
    "matrix_norm", "matrix_power", "matrix_rank", "mm", "multi_dot", "mv", "norm", "orgqr",
    "outer", "pinv", "pinverse", "qr", "slogdet", "solve", "solve_ex", "solve_triangular",
    "svd", "svdvals", "tensordot", "tensorinv", "tensorsolve", "triangular_solve", "vander",
    "vdot", "vecdot", "vector_norm",
]  # fmt: skip
