"""Parametrizations of weights: orthogonal, of unit length in parts, of unit spectral norm."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn import functional as F
from tapegrad.nn.module import Module
from tapegrad.nn.utils.parametrize import register_parametrization
from tapegrad.nn.utils.spectral_norm import check_iterations, matrix_of, output_dim
from tapegrad.ops.linalg.householder import geqrf, householder_product
from tapegrad.ops.linalg.inverses import solve
from tapegrad.ops.linalg.powers import matrix_exp
from tapegrad.ops.weight_norm import _weight_norm, norm_except_dim

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

_MAPS = ("matrix_exp", "cayley", "householder")


def _is_orthogonal(Q: Tensor) -> bool:
    n, k = Q.shape[-2:]
    tolerance = 10.0 * n * tapegrad.finfo(Q.dtype).eps
    return tapegrad.allclose(Q.mT @ Q, tapegrad.eye(k, dtype=Q.dtype), atol=tolerance)


def _make_orthogonal(A: Tensor) -> Tensor:
    """The Q of the QR factorisation whose R has a positive diagonal."""
    reflectors, tau = geqrf(A)
    Q = householder_product(reflectors, tau)
    return Q * reflectors.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """Orthonormal columns (rows of a wide matrix) out of any matrix, times ``base``."""

    base: Any

    def __init__(
        self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        is_wide = X.shape[-2] < X.shape[-1]
        if is_wide:
            X = X.mT
        Q = _reflected(X) if self.orthogonal_map == "householder" else self._rotated(X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if is_wide else Q

    def _rotated(self, X: Tensor) -> Tensor:
        """``exp(A)``, or Cayley's ``(I - A/2)⁻¹ (I + A/2)``, of the skew ``A = L - Lᵀ``."""
        n, k = X.shape[-2:]
        L = X.tril()
        if n != k:
            padding = L.new_zeros(n, n - k).expand(*L.shape[:-2], -1, -1)
            L = tapegrad.cat([L, padding], dim=-1)
        A = L - L.mT
        if self.orthogonal_map == "matrix_exp":
            return matrix_exp(A)[..., :k]
        identity = tapegrad.eye(n, dtype=A.dtype)
        half = A * 0.5
        return solve(identity - half, identity + half)[..., :k]

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """What gives ``Q``; with a base minus the identity, ``Q`` itself becoming the base."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        is_wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.mT if is_wide else Q
        if not hasattr(self, "base"):
            reflectors = self._reflectors_of(tall)
            return reflectors.mT if is_wide else reflectors
        self.base = _completed(tall)
        start = tapegrad.zeros_like(Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start

    def _reflectors_of(self, Q: Tensor) -> Tensor:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        reflectors, tau = geqrf(Q)
        diagonal = reflectors.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1  # a column that needed no reflection
        return reflectors


def _reflected(X: Tensor) -> Tensor:
    """The product of the reflections along X's columns; its diagonal keeps the signs."""
    A = X.tril(diagonal=-1)
    tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
    return householder_product(A, tau) * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def _completed(Q: Tensor) -> Tensor:
    """A square orthogonal matrix; its first columns span what those of ``Q`` do."""
    n, k = Q.shape[-2:]
    if n == k:
        return Q.clone() if _is_orthogonal(Q) else _make_orthogonal(Q)
    drawn = tapegrad.randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)
    return _make_orthogonal(tapegrad.cat([Q, drawn], dim=-1))


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keep a weight orthogonal: its columns, or the rows of a wide one, orthonormal.

    ``orthogonal_map`` is ``"matrix_exp"`` (of square ones by default), ``"cayley"`` or
    ``"householder"``. Raises ValueError for what is no matrix. Source: Lezcano-Casado 2019.
    """
    weight = _tensor_named(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        is_square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if is_square else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    orth = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, orth, unsafe=True)


def _tensor_named(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


class _WeightNorm(Module):
    """``g · v / ||v||``."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return _weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Make a weight ``g · v / ||v||`` of two parameters; the norm is over all dims but ``dim``.

    States of the older ``torch.nn.utils.weight_norm`` can be loaded. Source: Salimans and Kingma
    2016.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_older(state_dict: MutableMapping[str, Any], prefix: str, *_: Any) -> None:
        older = [f"{prefix}{name}{end}" for end in ("_g", "_v")]
        if all(key in state_dict for key in older):
            for place, key in enumerate(older):
                new = f"{prefix}parametrizations.{name}.original{place}"
                state_dict[new] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename_older)
    return module


class _SpectralNorm(Module):
    """A weight over its largest singular value; a vector over its length."""

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        n_dims = weight.ndim
        if not -n_dims <= dim < n_dims:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{n_dims}, {n_dims - 1}] "
                f"but got {dim})"
            )
        check_iterations(n_power_iterations)
        self.dim, self.eps = dim % n_dims, eps
        if n_dims > 1:
            self.n_power_iterations = n_power_iterations
            matrix = matrix_of(weight, self.dim).detach()
            drawn = [matrix.new_empty(size).normal_(0, 1) for size in matrix.shape]
            for vector, side in zip(("_u", "_v"), drawn, strict=True):
                self.register_buffer(vector, F.normalize(side, dim=0, eps=eps))
            self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, weight_mat: Tensor, n_power_iterations: int) -> None:
        """Move ``u`` and ``v`` towards the first singular vectors, in place."""
        u, v = self._u, self._v
        for _ in range(n_power_iterations):
            F.normalize(tapegrad.mv(weight_mat, v), dim=0, eps=self.eps, out=u)
            F.normalize(tapegrad.mv(weight_mat.mT, u), dim=0, eps=self.eps, out=v)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = matrix_of(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # later iterations write to the buffers
        return weight / tapegrad.vdot(u, tapegrad.mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight by its largest singular value, estimated by power iteration.

    Each forward in training mode iterates ``n_power_iterations`` times. ``dim`` is the dimension
    of outputs, by default the module's. Source: Miyato et al. 2018.
    """
    weight = _tensor_named(module, name)
    dim = output_dim(module) if dim is None else dim
    norm = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, norm)
