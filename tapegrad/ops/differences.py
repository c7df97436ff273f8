"""Differences and integrals of sampled functions."""

from __future__ import annotations

from typing import NoReturn

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out, takes_tensors
from tapegrad.ops._dims import normal_dim, normal_dims
from tapegrad.ops.convert import copy_inplace
from tapegrad.ops.scan import cumsum
from tapegrad.ops.shape import cat, narrow

# ------------------------------------------------------------------------- integrals


def _pair_sums(y: Tensor, dim: int) -> Tensor:
    n = y.shape[dim] - 1
    return narrow(y, dim, 1, n) + narrow(y, dim, 0, n)


def _steps(name: str, y: Tensor, x: Tensor, dim: int) -> Tensor:
    """The distances between the sample points, in a shape that is broadcast to those of ``y``."""
    if x.dtype is _types.bool:
        _refuse_bool(name, "`x` or `y`")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if k == dim else 1 for k in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape([1] * (y.ndim - x.ndim) + list(x.shape))
    if dim >= x.ndim or x.ndim == 0:
        return narrow(x, 0, 0, 0)
    n = max(x.shape[dim] - 1, 0)
    return narrow(x, dim, x.shape[dim] - n, n) - narrow(x, dim, 0, n)


def _refuse_bool(name: str, which: str) -> NoReturn:
    raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")


def _check_samples(name: str, y: Tensor, x, dx) -> None:
    if y.dtype is _types.bool:
        _refuse_bool(name, "`x` or `y`" if isinstance(x, Tensor) else "`y`")
    if isinstance(dx, Tensor):      # without dimensions it stands for its number
        raise TypeError(f"{name}() takes a number for the distance")
    if x is not ... and (dx is not ... or not isinstance(x, Tensor)):
        raise TypeError(f"{name}() takes a tensor of points or the distance between them")


@takes_tensors
def trapezoid(y: Tensor, x=..., *, dx=..., dim: int = -1) -> Tensor:
    """The integral along ``dim`` of a function sampled at ``x``, or at steps ``dx`` (by default 1).

    ``sum((y[k] + y[k+1]) / 2 * (x[k+1] - x[k]))``. Shape: without ``dim``. Raises RuntimeError for
    bool and where ``x`` does not fit.
    """
    return _integral(y, x, dx, dim)


def _integral(y: Tensor, x, dx, dim: int) -> Tensor:
    _check_samples("trapezoid", y, x, dx)
    if y.ndim == 0:
        normal_dim(dim, 0)
        y.size(dim if x is ... else 0)      # which refuses it
    dim = normal_dim(dim, y.ndim)
    if y.shape[dim] == 0:
        return y.new_zeros([n for k, n in enumerate(y.shape) if k != dim])
    if x is ...:
        ends = y.select(dim, 0) + y.select(dim, -1)
        return (y.sum(dim) - ends * 0.5) * (1.0 if dx is ... else float(dx))
    return (_pair_sums(y, dim) * _steps("trapezoid", y, x, dim)).sum(dim) / 2.0


@takes_tensors
def trapz(y: Tensor, x=..., *, dx=..., dim: int = -1) -> Tensor:
    """The integral along ``dim``, as :func:`trapezoid`."""
    return _integral(y, x, dx, dim)


@takes_tensors
def cumulative_trapezoid(y: Tensor, x=..., *, dx=..., dim: int = -1) -> Tensor:
    """The integrals along ``dim`` up to each sample but the first, by the trapezoidal rule.

    Shape: one less along ``dim``. Raises as :func:`trapezoid`.
    """
    _check_samples("cumulative_trapezoid", y, x, dx)
    if y.ndim == 0:
        normal_dim(dim, 0)
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, y.ndim)
    if x is ...:
        if y.shape[dim] == 0:
            return y.clone()
        return cumsum(_pair_sums(y, dim) * ((1.0 if dx is ... else float(dx)) / 2.0), dim)
    steps = _steps("cumulative_trapezoid", y, x, dim)
    if y.shape[dim] == 0:
        return y * steps
    return cumsum(_pair_sums(y, dim) * steps, dim) / 2.0


# ------------------------------------------------------------------------- differences


def _check_extension(input: Tensor, other: Tensor, dim: int) -> None:
    if other.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for k in range(input.ndim):
        if k != dim and other.shape[k] != input.shape[k]:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({k}) = {input.shape[k]}, "
                f"but got tensor.size({k}) = {other.shape[k]}"
            )


@takes_tensors
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The differences of neighbours along ``dim``, taken ``n`` times.

    ``out[k] = x[k+1] - x[k]``; for bool whether they differ. ``prepend`` and ``append`` are joined
    to the input first. Shape: ``n`` less along ``dim``. Raises RuntimeError for 0-d tensors, a
    negative ``n`` and pieces that do not fit.
    """
    if out is None:
        return (_differences if n else _copy_of)(input, n, dim, prepend, append)
    into = _differences_into if n else _copy_into
    return into(input, n, dim, prepend, append, out=out)


@method("diff")
def _diff_method(
    self: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """The differences of neighbours along ``dim``, as :func:`diff`."""
    return diff(self, n, dim, prepend, append)


def _pieces(input: Tensor, dim: int, prepend, append) -> list[Tensor]:
    """The input and what extends it, whose shapes must fit."""
    if prepend is append is None:
        return [input]
    for extension in (prepend, append):
        if extension is not None:
            _check_extension(input, extension, dim)
    return [part for part in (prepend, input, append) if part is not None]


def _checked_diff_dim(input: Tensor, n: int, dim: int) -> int:
    _check_order(input, n)
    return normal_dim(dim, input.ndim)


def _check_order(input: Tensor, n: int) -> None:
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")


def _copy_of(input: Tensor, n: int, dim: int, prepend, append) -> Tensor:
    _check_order(input, n)
    if not prepend is append is None:
        _pieces(input, normal_dim(dim, input.ndim), prepend, append)
    return copy_inplace(Tensor._wrap(kernels.empty(input.shape, input.dtype.numpy)), input)


def _differences(input: Tensor, n: int, dim: int, prepend, append) -> Tensor:
    dim = _checked_diff_dim(input, n, dim)
    parts = _pieces(input, dim, prepend, append)
    result = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, result.shape[dim])):
        kept = result.shape[dim] - 1
        after, before = narrow(result, dim, 1, kept), narrow(result, dim, 0, kept)
        result = after != before if result.dtype is _types.bool else after - before
    return result


_copy_into = takes_out("cast", "copy_of", records=True)(_copy_of)
_differences_into = takes_out("cast", "diff", refuses_grad="sub")(_differences)


# ------------------------------------------------------------------------- derivatives


def _slope_of_samples(f: Tensor, dim: int, spacing, edge_order: int) -> Tensor:
    """The derivative along one dimension, from both neighbours; at the ends from one side."""
    n = f.shape[dim]
    if not isinstance(spacing, Tensor):
        inner = (narrow(f, dim, 2, n - 2) - narrow(f, dim, 0, n - 2)) / (2.0 * spacing)
        return cat([*_ends(f, dim, spacing, edge_order, inner)], dim)
    steps = narrow(spacing, 0, 1, n - 1) - narrow(spacing, 0, 0, n - 1)
    steps = steps.reshape([-1 if k == dim else 1 for k in range(f.ndim)])
    before, after = narrow(steps, dim, 0, n - 2), narrow(steps, dim, 1, n - 2)
    inner = (
        narrow(f, dim, 0, n - 2) * (-after / (before * (before + after)))
        + narrow(f, dim, 1, n - 2) * ((after - before) / (before * after))
        + narrow(f, dim, 2, n - 2) * (before / (after * (before + after)))
    )
    return cat([*_ends_by_coordinates(f, dim, steps, edge_order, inner)], dim)


def _ends(f: Tensor, dim: int, step, edge_order: int, inner: Tensor) -> tuple:
    n = f.shape[dim]
    places = (0, 1, n - 2, n - 1) if edge_order == 1 else (0, 1, 2, n - 3, n - 2, n - 1)
    at = [narrow(f, dim, k, 1) for k in places]
    if edge_order == 1:
        return (at[1] - at[0]) / step, inner, (at[3] - at[2]) / step
    first = (at[0] * -1.5 + at[1] * 2.0 - at[2] * 0.5) / step
    last = (at[3] * 0.5 - at[4] * 2.0 + at[5] * 1.5) / step
    return first, inner, last


def _ends_by_coordinates(f: Tensor, dim: int, steps: Tensor, edge_order: int, inner) -> tuple:
    n = f.shape[dim]

    def at(k: int) -> Tensor:
        return narrow(f, dim, k, 1)

    def step(k: int) -> Tensor:
        return narrow(steps, dim, k, 1)

    if edge_order == 1:
        return (at(1) - at(0)) / step(0), inner, (at(n - 1) - at(n - 2)) / step(n - 2)
    near, far = step(0), step(1)
    first = (
        at(0) * (-(near * 2.0 + far) / (near * (near + far)))
        + at(1) * ((near + far) / (near * far))
        + at(2) * (-near / (far * (near + far)))
    )
    far, near = step(n - 3), step(n - 2)
    last = (
        at(n - 3) * (near / (far * (near + far)))
        + at(n - 2) * (-(near + far) / (far * near))
        + at(n - 1) * ((near * 2.0 + far) / (near * (near + far)))
    )
    return first, inner, last


def _spacings(input: Tensor, spacing, dims: tuple, is_dim_given: bool) -> list:
    """One spacing a dimension: a number, or the coordinates as a tensor."""
    if spacing is ...:
        return [1.0] * len(dims)
    if isinstance(spacing, (int, float)):
        return [spacing] * len(dims)
    if isinstance(spacing, Tensor):
        if spacing.ndim:
            raise TypeError(
                "gradient() received an invalid combination of arguments - got (Tensor, "
                "spacing=Tensor)"
            )
        return [spacing.item()] * len(dims)
    if len(spacing) != len(dims):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim "
            "arguments to have the same length, but got a spacing argument of length "
            f"{len(spacing)} and a dim argument of length {len(dims)}."
            if is_dim_given
            else "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"equal to 'self.dim() = {input.ndim}', since dim argument was not given, but got a "
            f"list of length {len(spacing)}"
        )
    n_tensors = len([one for one in spacing if isinstance(one, Tensor)])
    if n_tensors not in (0, len(spacing)):
        raise TypeError("expected Tensor as element 1 in argument 1, but got float")
    return list(spacing)


@takes_tensors
def gradient(input: Tensor, *, spacing=..., dim=None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The derivatives of a sampled function along each dimension, or along those of ``dim``.

    From both neighbours, of second order; at the ends one-sided, of order ``edge_order``.
    ``spacing`` is the distance between samples, a number each, or tensors of coordinates. Shape:
    each as the input. Raises RuntimeError for sizes not above ``edge_order``, and uint8.
    """
    dims = tuple(range(input.ndim)) if dim is None else normal_dims(dim, input.ndim)
    if spacing is None:
        if isinstance(dim, (tuple, list)):
            raise TypeError("gradient() takes several dimensions with a distance alone")
        spacing = ...
    spacings = _spacings(input, spacing, dims, dim is not None)
    if input.dtype is _types.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    for one in dims:
        if input.shape[one] < edge_order + 1:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1"
            )
    return tuple(
        _slope_of_samples(input, one, step, edge_order)
        for one, step in zip(dims, spacings, strict=True)
    )


__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]
