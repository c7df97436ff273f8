"""Factorisations of matrices, and what is solved with them.

Results that are free up to signs enter by what does not depend on them.
"""

import warnings

import numpy as np

from op_samples._case import STREAM, Array, Case, fixed, real


def linalg(name):
    """Find an op in ``linalg``."""
    return lambda torch, *args, **options: getattr(torch.linalg, name)(*args, **options)


def solid(*shape):
    """Square matrices far from singular, whose pivots are found off the diagonal."""
    n = shape[-1]
    return Array(STREAM.randn(*shape) + 3 * np.roll(np.eye(n), 1, 0))


def definite(*shape):
    """Symmetric positive-definite matrices with eigenvalues apart."""
    q = np.linalg.qr(STREAM.randn(*shape))[0]
    return Array((q * np.linspace(1, 4, shape[-1])) @ np.swapaxes(q, -1, -2))


def lower(*shape):
    """Lower triangles with a diagonal away from zero."""
    return Array(np.tril(STREAM.randn(*shape), -1) + 2 * np.eye(shape[-1]))


def symmetric(torch, x):
    """The symmetric part of a matrix, as a function that derivatives can see."""
    return (x + x.mT) / 2


def after_symmetry(function):
    """Call with the symmetric part, since only one triangle is read."""
    return lambda torch, x, **options: function(torch, symmetric(torch, x), **options)


def packed(torch, lu_and_others):
    """Leave out the exchanges of rows, which are no floats."""
    return [x for x in lu_and_others if x.is_floating_point()]


def solve_reference(a, b):
    """NumPy's, with vectors as columns."""
    return np.linalg.solve(a, b[..., None])[..., 0] if b.ndim < a.ndim else np.linalg.solve(a, b)


def factored(torch, a, b, **options):
    """Solve with the factors of a matrix."""
    return torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, **options)


def unpacked(torch, a):
    """Factorise, and take the factors apart."""
    return list(torch.lu_unpack(*torch.linalg.lu_factor(a)))[1:]


def older(call):
    """Call a function of which PyTorch says that it will go."""
    def silently(torch, *args):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(torch, *args)

    return silently


def with_signs(torch, parts):
    """Singular or eigenvectors squared, so that signs do not matter."""
    return [x * x for x in parts]


CASES = [
    Case("inv", solid(3, 3), call=linalg("inv"), reference=np.linalg.inv),
    Case("inverse", solid(2, 3, 3), reference=np.linalg.inv),
    Case("solve", solid(3, 3), real(3, 2), call=linalg("solve"), reference=solve_reference),
    Case("solve", solid(3, 3), real(3), call=linalg("solve"), reference=solve_reference),
    Case("solve", solid(3, 3), real(2, 3), call=linalg("solve"), left=False,
         reference=lambda a, b, left: b @ np.linalg.inv(a)),
    Case("det", solid(2, 3, 3), call=linalg("det"), reference=np.linalg.det),
    Case("det", Array([[1.0, 2.0], [2.0, 4.0]]), call=linalg("det"), reference=np.linalg.det,
         differentiable=False),
    Case("slogdet", solid(3, 3), call=lambda torch, a: torch.linalg.slogdet(a)[1],
         reference=lambda a: np.linalg.slogdet(a)[1]),
    Case("tensorinv", solid(6, 6), call=lambda torch, a: torch.linalg.tensorinv(
        a.reshape(2, 3, 6), ind=2), reference=lambda a: np.linalg.inv(a).reshape(6, 2, 3)),
    Case("solve_triangular", lower(3, 3), real(3, 2), call=linalg("solve_triangular"),
         upper=False, reference=lambda a, b, upper: np.linalg.solve(a, b)),
    Case("solve_triangular", lower(2, 3, 3), real(2, 3), call=linalg("solve_triangular"),
         upper=False, left=False,
         reference=lambda a, b, upper, left: b @ np.linalg.inv(a)),
    Case("solve_triangular", lower(200, 200), real(200, 3), differentiable=False, upper=False,
         unitriangular=True,
         call=lambda torch, a, b, **options: torch.linalg.solve_triangular(a / 50, b, **options),
         reference=lambda a, b, upper, unitriangular: np.linalg.solve(
             np.tril(a / 50, -1) + np.eye(200), b)),
    Case("triangular_solve", real(3, 2), lower(3, 3),
         call=older(lambda torch, b, a: torch.triangular_solve(b, a, upper=False)[0]),
         reference=lambda b, a: np.linalg.solve(a, b)),
    *[Case("lu_factor", matrix, call=lambda torch, a: torch.linalg.lu_factor(a)[0])
      for matrix in (solid(3, 3), real(2, 3, 5), real(5, 3))],
    Case("lu_factor", fixed(Array(STREAM.randn(220, 220) / 99 + np.roll(np.eye(220), 1, 0))),
         differentiable=False,
         call=lambda torch, a: torch.linalg.lu_factor(a)[0]),
    *[Case("lu", matrix, call=lambda torch, a: list(torch.linalg.lu(a))[1:])
      for matrix in (solid(3, 3), real(2, 3, 4), real(4, 3))],
    *[Case("lu_unpack", matrix, call=unpacked) for matrix in (solid(3, 3), real(2, 4), real(4, 2))],
    *[Case("lu_solve", solid(3, 3), real(3, 3), call=factored, left=left, adjoint=adjoint)
      for left in (True, False) for adjoint in (True, False)],
    Case("cholesky", definite(3, 3), call=after_symmetry(linalg("cholesky")),
         reference=np.linalg.cholesky),
    Case("cholesky", definite(2, 3, 3), upper=True, call=after_symmetry(linalg("cholesky")),
         reference=lambda a, upper: np.swapaxes(np.linalg.cholesky(a), -1, -2)),
    Case("cholesky", definite(3, 3), reference=np.linalg.cholesky,
         call=after_symmetry(older(lambda torch, a: torch.cholesky(a)))),
    Case("cholesky_solve", real(3, 2), lower(3, 3),
         call=lambda torch, b, a: torch.cholesky_solve(b, a.tril()),
         reference=lambda b, a: np.linalg.solve(a @ a.T, b)),
    Case("cholesky_inverse", lower(3, 3),
         call=lambda torch, a: torch.cholesky_inverse(a.tril()),
         reference=lambda a: np.linalg.inv(a @ a.T)),
    *[Case("qr", matrix, call=lambda torch, a: list(torch.linalg.qr(a)))
      for matrix in (solid(3, 3), real(5, 3), real(2, 3, 4))],
    Case("geqrf", real(5, 3), call=lambda torch, a: list(torch.geqrf(a)), differentiable=False),
    Case("householder_product", real(2, 4, 3), real(2, 3), call=linalg("householder_product")),
    Case("householder_product", real(4, 3), real(2), call=linalg("householder_product")),
    Case("eigh", definite(3, 3), call=after_symmetry(lambda torch, a: with_signs(
        torch, torch.linalg.eigh(a))),
         reference=lambda a: [x**2 for x in np.linalg.eigh(a)]),
    Case("eigvalsh", definite(2, 3, 3), call=after_symmetry(linalg("eigvalsh")),
         reference=np.linalg.eigvalsh),
    *[Case("svd", matrix, call=lambda torch, a: with_signs(
        torch, torch.linalg.svd(a, full_matrices=False)),
           reference=lambda a: [x**2 for x in np.linalg.svd(a, full_matrices=False)])
      for matrix in (solid(3, 3), real(4, 2), real(2, 2, 3))],
    Case("svdvals", real(3, 4), call=linalg("svdvals"), reference=np.linalg.svdvals),
    Case("pinv", real(4, 3), call=linalg("pinv"), reference=np.linalg.pinv),
    Case("pinv", real(2, 2, 3), call=linalg("pinv"), reference=np.linalg.pinv),
    Case("lstsq", real(4, 3), real(4, 1), call=lambda torch, a, b: list(torch.linalg.lstsq(
        a, b, driver="gelsd"))[:2],
         reference=lambda a, b: list(np.linalg.lstsq(a, b)[:2])),
    Case("matrix_power", solid(3, 3), n=5, call=linalg("matrix_power"),
         reference=np.linalg.matrix_power),
    Case("matrix_power", solid(3, 3), n=-2, call=linalg("matrix_power"),
         reference=np.linalg.matrix_power),
    Case("matrix_exp", definite(3, 3), call=linalg("matrix_exp"),
         reference=lambda a: (np.linalg.eigh(a)[1] * np.exp(np.linalg.eigh(a)[0]))
         @ np.linalg.eigh(a)[1].T),
    Case("matrix_exp", Array([[0.0, -12.0], [12.0, 0.0]]), call=linalg("matrix_exp"),
         reference=lambda a: np.array([[np.cos(12), -np.sin(12)], [np.sin(12), np.cos(12)]])),
    *[Case("matrix_norm", real(3, 4), ord=ord, call=linalg("matrix_norm"),
           reference=np.linalg.norm)
      for ord in ("fro", "nuc", 2, -2, 1, -1, float("inf"))],
    Case("norm", real(3, 4), call=linalg("norm"), reference=np.linalg.norm),
    *[Case("cond", solid(3, 3), p=p, call=linalg("cond"), reference=np.linalg.cond)
      for p in (None, -2)],
    *[Case("cond", fixed(solid(3, 3)), p=p, call=linalg("cond"), reference=np.linalg.cond,
           differentiable=False) for p in (1, "fro")],
]
