"""Linear algebra: products of matrices and vectors, factorisations and what follows from them."""

from tapegrad.ops.linalg import added_products
from tapegrad.ops.linalg.cholesky import cholesky, cholesky_ex, linalg_cholesky
from tapegrad.ops.linalg.contractions import chain_matmul, multi_dot, tensordot, vecdot
from tapegrad.ops.linalg.determinants import det, linalg_slogdet, slogdet
from tapegrad.ops.linalg.eigenvalues import eigh, eigvalsh
from tapegrad.ops.linalg.einsum import einsum
from tapegrad.ops.linalg.householder import geqrf, householder_product
from tapegrad.ops.linalg.inverses import inv, inv_ex, solve, solve_ex, tensorinv, tensorsolve
from tapegrad.ops.linalg.lu import linalg_lu, linalg_lu_solve, lu, lu_factor, lu_factor_ex, lu_solve
from tapegrad.ops.linalg.matrices import linalg_diagonal, linalg_vander
from tapegrad.ops.linalg.norms import cond, matrix_norm, norm, vector_norm
from tapegrad.ops.linalg.powers import matrix_exp, matrix_power
from tapegrad.ops.linalg.products import linear, matmul
from tapegrad.ops.linalg.pseudoinverse import lstsq, matrix_rank, pinv
from tapegrad.ops.linalg.qr import linalg_qr, qr
from tapegrad.ops.linalg.singular_values import linalg_svd, svd, svdvals
from tapegrad.ops.linalg.triangular import solve_triangular
from tapegrad.ops.linalg.vectors import cdist, linalg_cross

__all__ = [
    "added_products", "cdist", "chain_matmul", "cholesky", "cholesky_ex", "cond", "det", "eigh",
    "eigvalsh", "einsum", "geqrf", "householder_product", "inv", "inv_ex", "linalg_cholesky",
    "linalg_cross", "linalg_diagonal", "linalg_lu", "linalg_lu_solve", "linalg_qr",
    "linalg_slogdet", "linalg_svd", "linalg_vander", "linear", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
    "solve_triangular", "svd", "svdvals", "tensordot", "tensorinv", "tensorsolve", "vecdot",
    "vector_norm",
]  # fmt: skip
