"""Linear algebra: products of matrices and vectors, factorisations and what follows from them."""
