"""Linear algebra: products of matrices and vectors, factorisations and what follows from them."""

from tapegrad.ops.linalg.products import addmm, bmm, dot, linear, matmul, mm, mv, outer

__all__ = ["addmm", "bmm", "dot", "linear", "matmul", "mm", "mv", "outer"]
