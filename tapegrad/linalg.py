"""``torch.linalg``: factorisations, norms and solvers, of one matrix or a batch.

Leading dimensions are batches everywhere. What LAPACK computes is called through NumPy; LU with
its pivots and triangular systems have kernels of their own.
"""

from tapegrad.ops._declare import public
from tapegrad.ops.linalg._checks import LinAlgError
from tapegrad.ops.linalg.cholesky import cholesky_ex
from tapegrad.ops.linalg.cholesky import linalg_cholesky as cholesky
from tapegrad.ops.linalg.contractions import multi_dot, vecdot
from tapegrad.ops.linalg.determinants import det
from tapegrad.ops.linalg.determinants import linalg_slogdet as slogdet
from tapegrad.ops.linalg.eigenvalues import eigh, eigvalsh
from tapegrad.ops.linalg.householder import householder_product
from tapegrad.ops.linalg.inverses import inv, inv_ex, solve, solve_ex, tensorinv, tensorsolve
from tapegrad.ops.linalg.lu import linalg_lu as lu
from tapegrad.ops.linalg.lu import linalg_lu_solve as lu_solve
from tapegrad.ops.linalg.lu import lu_factor, lu_factor_ex
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.matrices import linalg_diagonal as diagonal
from tapegrad.ops.linalg.matrices import linalg_vander as vander
from tapegrad.ops.linalg.norms import cond, matrix_norm, norm, vector_norm
from tapegrad.ops.linalg.powers import matrix_exp, matrix_power
from tapegrad.ops.linalg.pseudoinverse import lstsq, matrix_rank, pinv
from tapegrad.ops.linalg.qr import linalg_qr as qr
from tapegrad.ops.linalg.singular_values import linalg_svd as svd
from tapegrad.ops.linalg.singular_values import svdvals
from tapegrad.ops.linalg.triangular import solve_triangular
from tapegrad.ops.linalg.vectors import linalg_cross as cross

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh",
    "eigvalsh", "householder_product", "inv", "inv_ex", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
    "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
    "vector_norm",
]  # fmt: skip

for _name in __all__[1:]:  # names of their own in messages
    globals()[_name] = public(f"linalg_{_name}", globals()[_name])
