"""Means and maxima over windows that share a tensor out evenly, and the way back from maxima."""

from __future__ import annotations

from tapegrad._kernels import KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops._dims import plain_ints
from tapegrad.ops.spatial import pool_checks as checks
from tapegrad.ops.spatial.planes import unpool_ops
from tapegrad.ops.spatial.pool import Windows, adaptive_avg_ops, adaptive_max_ops
from tapegrad.ops.spatial.sizes import remembered, scalar_name


@remembered
def _windows(shape: tuple, count: tuple) -> Windows:
    n_dims = len(count)
    none, ones = (0,) * n_dims, (1,) * n_dims
    return Windows(tuple(shape[-n_dims:]), count, none, ones, none, ones)


def _sizes(function: str, given, n_dims: int) -> tuple[int, ...]:
    plain = plain_ints(given, n_dims)
    if plain is not None and (type(given) is int or len(given) == n_dims):
        return plain
    sizes = checks.as_ints(function, "output_size", 2, given)
    if not isinstance(given, (tuple, list)):
        sizes *= n_dims
    if len(sizes) != n_dims:
        if function.startswith("adaptive_max"):
            raise RuntimeError(
                f"{function}(): internal error: output_size.size() must be {n_dims}"
            )
        raise RuntimeError(f"{function}: output_size must be {n_dims}")
    return sizes


def _check(function: str, input: Tensor, n_dims: int, colon: str) -> None:
    """Refuse wrong numbers of dimensions, and empty ones."""
    check_tensor(function, "input", input)
    if input.ndim not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"{function}(): Expected {n_dims + 1}D or {n_dims + 2}D tensor, but got{colon} "
            f"{list(input.shape)}"
        )
    _check_sizes(function, input)


def _check_sizes(function: str, input: Tensor) -> None:
    """Refuse empty dimensions but the first; of means of images the channels may be none too."""
    shape = input.shape
    if 0 not in shape:
        return
    for dim in range(input.ndim - 2 if function == "adaptive_avg_pool2d" else 1, input.ndim):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{function}(): Expected input to have non-zero size for non-batch dimensions, "
                f"but input has sizes {list(shape)} with dimension {dim} being empty"
            )


@takes_tensors
def adaptive_avg_pool1d(input: Tensor, output_size) -> Tensor:
    """Means over ``output_size`` windows that share a sequence out evenly.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, output_size)``; also without the
    batch. Window ``i`` goes from ``floor(i·length/n)`` to ``ceil((i + 1)·length/n)``.
    """
    check_tensor("adaptive_avg_pool1d", "input", input)
    checks.check_rank("adaptive_avg_pool1d", input)
    size = checks.one_int("adaptive_avg_pool1d", "output_size", 2, output_size)
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, size)).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """Means over windows that share images out evenly; as :func:`adaptive_avg_pool1d`."""
    return _adaptive_avg("adaptive_avg_pool2d", input, output_size, 2, ", ")


def adaptive_avg_pool3d(input: Tensor, output_size) -> Tensor:
    """Means over windows that share volumes out evenly; as :func:`adaptive_avg_pool1d`."""
    return _adaptive_avg("adaptive_avg_pool3d", input, output_size, 3, ",")


def _adaptive_avg(function: str, input, output_size, n_dims: int, comma: str) -> Tensor:
    check_tensor(function, "input", input)
    count = _sizes(function, output_size, n_dims)
    if min(count) < 0:
        listed = f"{count[0]}, " + comma.join(map(str, count[1:]))
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{listed}}}"
        )
    if n_dims == 3:     # PyTorch looks at the sizes of volumes before it counts them
        _check_sizes(function, input)
    _check(function, input, n_dims, "")
    if count == (1,) * n_dims:
        return input.mean(tuple(range(-n_dims, 0)), keepdim=True)
    return adaptive_avg_ops[n_dims](input, _windows(input.shape, count))


@takes_tensors
def adaptive_max_pool1d(input: Tensor, output_size) -> tuple[Tensor, Tensor]:
    """Maxima over ``output_size`` windows that share a sequence out evenly, and where they are.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, output_size)``; also without the
    batch. Window ``i`` goes from ``floor(i·length/n)`` to ``ceil((i + 1)·length/n)``.
    """
    check_tensor("adaptive_max_pool1d", "input", input)
    checks.check_rank("adaptive_max_pool1d", input)
    size = checks.one_int("adaptive_max_pool1d", "output_size", 2, output_size)
    _check("adaptive_max_pool1d", input, 1, ":")
    values, indices = adaptive_max_pool2d(input.unsqueeze(-2), (1, size))
    return values.squeeze(-2), indices.squeeze(-2)


def adaptive_max_pool2d(input: Tensor, output_size) -> tuple[Tensor, Tensor]:
    """Maxima over windows that share images out evenly, and where in the image they are."""
    return _adaptive_max("adaptive_max_pool2d", input, output_size, 2)


def adaptive_max_pool3d(input: Tensor, output_size) -> tuple[Tensor, Tensor]:
    """Maxima over windows that share volumes out evenly, and where in the volume they are."""
    return _adaptive_max("adaptive_max_pool3d", input, output_size, 3)


def _adaptive_max(function: str, input, output_size, n_dims: int) -> tuple[Tensor, Tensor]:
    check_tensor(function, "input", input)
    _check(function, input, n_dims, ":")
    count = _sizes(function, output_size, n_dims)
    if min(count) < 0:
        shape = [*input.shape[:-n_dims], *count]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(count)}: {shape}"
        )
    return adaptive_max_ops[n_dims](input, _windows(input.shape, count))


# ------------------------------------------------------------------------- unpooling


def max_unpool2d(input: Tensor, indices: Tensor, output_size) -> Tensor:
    """Zeros in the shape ``output_size`` with each value at its number in the plane."""
    return _unpool("max_unpooling2d", input, indices, tuple(output_size), 2)


def max_unpool3d(input: Tensor, indices: Tensor, output_size) -> Tensor:
    """Zeros in the shape ``output_size`` with each value at its number in the volume."""
    return _unpool("max_unpooling3d", input, indices, tuple(output_size), 3)


def _unpool(function: str, input: Tensor, indices: Tensor, size: tuple, n_dims: int) -> Tensor:
    _check_unpooled(function, input, indices, n_dims, len(size))
    shape = (*input.shape[:-n_dims], *size)
    try:
        return unpool_ops[n_dims](input, indices, shape, n_dims)
    except KernelRefusal as refusal:
        raise RuntimeError(
            f"Found an invalid max index: {refusal.args[0]} (output volumes are of size "
            f"{'x'.join(map(str, size))})"
        ) from None


def _check_unpooled(
    function: str, input: Tensor, indices: Tensor, n_dims: int, n_sizes: int
) -> None:
    check_tensor(function.replace("pooling", "pool"), "indices", indices, 2)
    if indices.dtype.name != "int64":
        given = f" but got: {scalar_name(indices._array)}" if n_dims == 2 else ""
        raise RuntimeError(f"elements in indices should be type int64{given}")
    if n_dims == 2:     # asked first, and of volumes later
        _check_number_of_sizes(n_sizes, n_dims)
    if input.ndim not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"Input to {function} should be a {n_dims + 1}d or {n_dims + 2}d Tensor, but got a "
            f"tensor with {input.ndim} dimensions."
        )
    _check_number_of_sizes(n_sizes, n_dims)
    if input.shape != indices.shape:
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({list(input.shape)}) but got indices tensor with shape: {list(indices.shape)}"
        )
    for dim in range(1 if input.ndim == n_dims + 2 else 0, input.ndim):
        if input.shape[dim] == 0:
            raise RuntimeError(
                f"{function}_forward_out_cpu(): Expected input to have non-zero size for non-batch "
                f"dimensions, but got {list(input.shape)} with dimension {dim} being empty."
            )
    if not input.is_floating_point():
        name = scalar_name(input._array)
        raise NotImplementedError(f"\"max_unpool{n_dims}d\" not implemented for '{name}'")


def _check_number_of_sizes(n_sizes: int, n_dims: int) -> None:
    if n_sizes != n_dims:
        names = "two elements (height, width)" if n_dims == 2 else \
            "three elements (depth, height, width)"
        raise RuntimeError(
            f"There should be exactly {names} in output_size, but got {n_sizes} elements."
        )


__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d"]
