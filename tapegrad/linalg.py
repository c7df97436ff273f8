"""``torch.linalg``: factorisations, norms and solvers, of one matrix or a batch.

Leading dimensions are batches everywhere. What LAPACK computes is called through NumPy; LU with
its pivots and triangular systems have kernels of their own.
"""

from tapegrad.ops.linalg import linalg_cross as cross
from tapegrad.ops.linalg import linalg_diagonal as diagonal
from tapegrad.ops.linalg import linalg_vander as vander
from tapegrad.ops.linalg import matmul, multi_dot, vecdot
from tapegrad.ops.linalg._checks import LinAlgError

__all__ = ["LinAlgError", "cross", "diagonal", "matmul", "multi_dot", "vander", "vecdot"]
