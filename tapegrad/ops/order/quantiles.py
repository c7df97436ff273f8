"""Quantiles."""

from __future__ import annotations

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import attach, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.create import tensor
from tapegrad.ops.index.along import gather_op
from tapegrad.ops.order.sorting import sort_op
from tapegrad.ops.pointwise import ceil_op, floor_op, isnan, round_op, where_op
from tapegrad.ops.reduce.sums import sum_dims
from tapegrad.ops.reduce.truth import any_op

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
_ROUNDED = {"lower": floor_op, "higher": ceil_op, "nearest": round_op}


def _check(input: Tensor, q: Tensor, interpolation: str) -> None:
    if input.numel() == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if q.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if input.dtype.name not in ("float32", "float64"):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if q.dtype is not input.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )


def _as_tensor(input: Tensor, q) -> Tensor:
    """The probabilities in the input's dtype, all of them between 0 and 1."""
    if isinstance(q, Tensor):
        if q.ndim > 1:
            raise RuntimeError("quantile() q must be a scalar or 1D tensor")
        if bool(((q < 0) | (q > 1)).any()):
            raise RuntimeError("quantile() q values must be in the range [0, 1]")
        return q
    if isinstance(q, (list, tuple)):
        raise TypeError(
            "quantile() received an invalid combination of arguments - got (Tensor, "
            f"{type(q).__name__}): q must be a number or a tensor"
        )
    if not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
    return tensor(float(q), dtype=input.dtype if input.is_floating_point() else None)


def _ranks(rows: Tensor, q: Tensor, ignore_nan: bool) -> Tensor:
    """The places of the quantiles in sorted rows, which may lie between two."""
    last = rows.shape[-1] - 1
    is_nan = isnan(rows.detach())
    if ignore_nan:
        n_numbers = sum_dims(~is_nan, (rows.ndim - 1,), True)
        return q * (n_numbers - 1).clamp(min=0).to(q.dtype)
    return where_op(any_op(is_nan, (rows.ndim - 1,), True), float(last), q * float(last))


def _interpolated(rows: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    if interpolation in _ROUNDED:
        ranks = _ROUNDED[interpolation](ranks)
    below = ranks.detach().to(_types.int64)
    values = gather_op(rows, rows.ndim - 1, below)
    if interpolation in _ROUNDED:
        return values
    weights = tensor(0.5, dtype=rows.dtype) if interpolation == "midpoint" else ranks - below
    above = gather_op(rows, rows.ndim - 1, ceil_op(ranks.detach()).to(_types.int64))
    step = above - values
    return where_op(weights < 0.5, values + weights * step, above - step * (1 - weights))


_same_dtype = takes_out(
    "quantile() out tensor must be same dtype as the input tensor",
    records=True,
    resizes="by rows",
)


def _quantiles(name: str, ignore_nan: bool, doc: str):
    def quantile(
        input: Tensor, q, dim=None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Tensor:
        dim = None if dim is None else normal_dim(dim, input.ndim)
        probabilities = _as_tensor(input, q)
        _check(input, probabilities, interpolation)
        if dim is None or not input.ndim:
            rows, shape = input.reshape(-1), [1] * input.ndim
        else:
            rows, shape = input.movedim(dim, -1), list(input.shape)
            shape[dim] = 1
        rows = sort_op(rows, rows.ndim - 1, False)[0]
        values = _interpolated(
            rows, _ranks(rows, probabilities.reshape(-1), ignore_nan), interpolation
        )
        if not keepdim:
            shape = [] if dim is None else [n for k, n in enumerate(shape) if k != dim]
        if not probabilities.ndim:
            return values.reshape(shape)
        return values.movedim(-1, 0).reshape([probabilities.numel(), *shape])

    quantile.__name__ = quantile.__qualname__ = name
    quantile.__doc__ = doc
    attach(name, quantile)
    return _same_dtype(quantile)


quantile = _quantiles(
    "quantile",
    False,
    """The value below which the part ``q`` of the elements lies, of all or along ``dim``.

    Between two elements it is interpolated: "linear", "lower", "higher", "midpoint" or "nearest".
    A row with NaN gives NaN. Shape: the reduced one, behind a dimension for ``q`` if that is 1-D.
    Raises RuntimeError for ``q`` outside [0, 1], for other dtypes than float32 and float64, and
    where there is no element.
    """,
)
nanquantile = _quantiles(
    "nanquantile", True, "As :func:`quantile`, of the elements that are not NaN."
)

__all__ = ["nanquantile", "quantile"]
