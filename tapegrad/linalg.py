"""``torch.linalg``: factorisations, norms and solvers, of one matrix or a batch.

Leading dimensions are batches everywhere. What LAPACK computes is called through NumPy; LU with
its pivots and triangular systems have kernels of their own.
"""

from tapegrad.ops._declare import public
from tapegrad.ops.linalg import (
    cholesky_ex,
    cond,
    det,
    eigh,
    eigvalsh,
    householder_product,
    inv,
    inv_ex,
    lstsq,
    lu_factor,
    lu_factor_ex,
    matmul,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    multi_dot,
    norm,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
    svdvals,
    tensorinv,
    tensorsolve,
    vecdot,
    vector_norm,
)
from tapegrad.ops.linalg import linalg_cholesky as cholesky
from tapegrad.ops.linalg import linalg_cross as cross
from tapegrad.ops.linalg import linalg_diagonal as diagonal
from tapegrad.ops.linalg import linalg_lu as lu
from tapegrad.ops.linalg import linalg_lu_solve as lu_solve
from tapegrad.ops.linalg import linalg_qr as qr
from tapegrad.ops.linalg import linalg_slogdet as slogdet
from tapegrad.ops.linalg import linalg_svd as svd
from tapegrad.ops.linalg import linalg_vander as vander
from tapegrad.ops.linalg._checks import LinAlgError

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
