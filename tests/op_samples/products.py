"""Products of vectors, matrices and batches, by all their names."""

import numpy as np

from op_samples._case import Array, Case, fixed, positive, real, turned


def added(product):
    """Scale a tensor and a product, and add them."""
    return lambda c, a, b, beta=1, alpha=1: beta * c + alpha * product(a, b)


def linalg(name):
    """Find an op in ``linalg``."""
    return lambda torch, *args, **options: getattr(torch.linalg, name)(*args, **options)


def einsum(torch, *operands, equation):
    """Call with the equation first."""
    return torch.einsum(equation, *operands)


def einsum_reference(*operands, equation):
    """NumPy knows the same equations."""
    return np.einsum(equation, *operands)


def contraction(equation, *operands):
    """Write a row for einsum."""
    return Case("einsum", *operands, call=einsum, reference=einsum_reference, equation=equation)


def distances(p):
    """Measure all differences."""
    def measured(a, b, p=p):
        return (np.abs(a[..., :, None, :] - b[..., None, :, :]) ** p).sum(-1) ** (1 / p)

    return measured


def cross(a, b, dim=-1):
    """NumPy names the axis differently."""
    return np.cross(a, b, axis=dim)


def tensordot(a, b, dims):
    """NumPy calls them axes."""
    return np.tensordot(a, b, dims)


# Powers are an op of their own here and a running product in PyTorch; large distances are one.
CASES = [
    Case("addmv", real(3), real(3, 4), real(4), reference=added(np.matmul)),
    Case("addmv", real(), turned(real(4, 3)), real(3), reference=added(np.matmul), beta=0.5,
         alpha=-2),
    Case("addr", real(3, 4), real(3), real(4), reference=added(np.outer)),
    Case("addr", real(4), real(3), real(4), reference=added(np.outer), beta=0.5, alpha=-2),
    Case("addr", Array([[True, False], [False, False]]), Array([True, False]),
         Array([True, True]), differentiable=False,
         reference=lambda c, a, b: c | np.logical_and.outer(a, b)),
    Case("baddbmm", real(2, 3, 5), real(2, 3, 4), real(2, 4, 5), reference=added(np.matmul)),
    Case("baddbmm", real(3, 1), real(2, 3, 4), real(2, 4, 5), reference=added(np.matmul),
         beta=0.5, alpha=-2),
    Case("addbmm", real(3, 5), real(2, 3, 4), real(2, 4, 5),
         reference=added(lambda a, b: (a @ b).sum(0))),
    Case("addbmm", real(5), real(2, 3, 4), real(2, 4, 5), beta=0.5, alpha=-2,
         reference=added(lambda a, b: (a @ b).sum(0))),
    Case("vdot", real(5), real(5), reference=np.vdot),
    Case("inner", real(2, 3, 4), real(5, 4), reference=np.inner),
    Case("inner", real(), real(3), reference=np.inner),
    Case("outer", real(3), real(4), reference=np.outer),
    Case("kron", real(2, 3), real(3, 1, 2), reference=np.kron),
    Case("kron", real(), real(2), reference=np.kron),
    Case("tensordot", real(2, 3, 4), real(3, 4, 2), reference=tensordot, dims=2),
    Case("tensordot", real(2, 3, 4), real(4, 2), reference=tensordot, dims=([0, 2], [1, 0])),
    Case("tensordot", real(2), real(3), reference=tensordot, dims=0),
    contraction("ij,jk->ik", real(2, 3), real(3, 4)),
    contraction("...ij,jk->...k", real(5, 2, 3), real(3, 4)),
    contraction("ii->i", real(3, 3)),
    contraction("ij,kj->", real(2, 3), real(4, 3)),
    contraction("i,j", real(2), real(3)),
    Case("multi_dot", real(4), real(4, 3), real(3, 5), real(5, 2),
         call=lambda torch, *chain: torch.linalg.multi_dot(chain),
         reference=lambda *chain: np.linalg.multi_dot(chain)),
    Case("vecdot", real(2, 3), real(3), call=linalg("vecdot"),
         reference=lambda a, b: (a * b).sum(-1)),
    Case("cross", real(2, 3), real(2, 3), reference=cross, dim=1),
    Case("cross", real(3, 2), real(3, 2), reference=cross, dim=0),
    Case("linalg_cross", real(2, 3), real(1, 3), call=linalg("cross"), reference=cross),
    Case("vander", fixed(real(4)), differentiable=False, reference=np.vander),
    Case("linalg_vander", fixed(real(2, 3)), call=linalg("vander"), N=4, differentiable=False,
         reference=lambda x, N: x[..., None] ** np.arange(N)),
    *[Case("cdist", real(2, 4, 3), real(5, 3), reference=distances(p), p=p)
      for p in (1.0, 1.5, 2.0, 3.0)],
    Case("cdist", positive(3, 2), positive(2, 2), p=float("inf"),
         reference=lambda a, b, p: np.abs(a[:, None] - b).max(-1)),
    Case("cdist", real(2, 30, 3), real(4, 3), reference=distances(2.0)),
]
