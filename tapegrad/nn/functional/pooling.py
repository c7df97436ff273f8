"""Means, norms and maxima over windows, and the way back from maxima."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.ops import spatial
from tapegrad.ops._declare import calls, reads_numpy, written_as
from tapegrad.ops._dims import plain_ints
from tapegrad.ops._refusal import refusal
from tapegrad.ops.spatial import adaptive_avg_pool1d, avg_pool1d, avg_pool2d, avg_pool3d
from tapegrad.ops.spatial import pool as ops

# ------------------------------------------------------------------------- maxima

_WINDOW = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of a sequence, and where they are; see :func:`max_pool1d`."""
    return ops.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@calls("max_pool2d_with_indices", *_WINDOW)
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of images, and where in the image they are; see :func:`max_pool2d`."""
    return ops.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@calls("max_pool3d_with_indices", *_WINDOW)
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of volumes, and where in the volume they are; see :func:`max_pool3d`."""
    return ops.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@written_as("functional.max_pool1d")
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima over windows of a sequence; with ``return_indices`` also where they are.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    ``dilation`` leaves gaps within the windows, ``ceil_mode`` also takes windows that reach beyond
    the end. NaN wins. Raises RuntimeError where no window fits.
    """
    function = ops.max_pool1d_with_indices if return_indices else ops.max_pool1d
    return function(input, kernel_size, stride, padding, dilation, ceil_mode)


@written_as("functional.max_pool2d")
def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima over windows of images; as :func:`max_pool1d` with two spatial dimensions."""
    function = ops.max_pool2d_with_indices if return_indices else ops.max_pool2d
    return function(input, kernel_size, stride, padding, dilation, ceil_mode)


@written_as("functional.max_pool3d")
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima over windows of volumes; as :func:`max_pool1d` with three spatial dimensions."""
    function = ops.max_pool3d_with_indices if return_indices else ops.max_pool3d
    return function(input, kernel_size, stride, padding, dilation, ceil_mode)


# ------------------------------------------------------------------------- adaptive windows


def _with_sizes_of(input: Tensor, output_size: Any) -> Any:
    """The wanted sizes, with the input's own in the place of None."""
    if isinstance(output_size, int):
        return output_size
    own, n_dims = input.size(), len(output_size)
    if len(own) <= n_dims:
        raise ValueError(f"Input dimension should be at least {n_dims + 1}")
    return [n if n is not None else m
            for n, m in zip(output_size, own[len(own) - n_dims :], strict=True)]


@written_as("functional.adaptive_avg_pool2d")
@reads_numpy
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that share images out evenly.

    Shape: ``(batch, channels, height, width)`` to ``(batch, channels, *output_size)``; also without
    the batch. None among the sizes stands for the input's own.
    """
    return spatial.adaptive_avg_pool2d(input, _with_sizes_of(input, output_size))


@written_as("functional.adaptive_avg_pool3d")
@reads_numpy
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that share volumes out evenly; as :func:`adaptive_avg_pool2d`."""
    return spatial.adaptive_avg_pool3d(input, _with_sizes_of(input, output_size))


@written_as("functional.adaptive_max_pool1d_with_indices")
def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows that share a sequence out evenly, and where they are."""
    return spatial.adaptive_max_pool1d(input, output_size)


@written_as("functional.adaptive_max_pool2d_with_indices")
@reads_numpy
def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows that share images out evenly, and where in the image they are."""
    return spatial.adaptive_max_pool2d(input, _with_sizes_of(input, output_size))


@written_as("functional.adaptive_max_pool3d_with_indices")
@reads_numpy
def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows that share volumes out evenly, and where in the volume they are."""
    return spatial.adaptive_max_pool3d(input, _with_sizes_of(input, output_size))


@written_as("functional.adaptive_max_pool1d")
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima over windows that share a sequence out evenly.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, output_size)``; also without the
    batch. With ``return_indices`` also where they are.
    """
    result = adaptive_max_pool1d_with_indices(input, output_size)
    return result if return_indices else result[0]


@written_as("functional.adaptive_max_pool2d")
@reads_numpy
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima over windows that share images out evenly; as :func:`adaptive_max_pool1d`."""
    result = adaptive_max_pool2d_with_indices(input, output_size)
    return result if return_indices else result[0]


@written_as("functional.adaptive_max_pool3d")
@reads_numpy
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima over windows that share volumes out evenly; as :func:`adaptive_max_pool1d`."""
    result = adaptive_max_pool3d_with_indices(input, output_size)
    return result if return_indices else result[0]


# ------------------------------------------------------------------------- unpooling


def _repeated(given: Any, n_dims: int) -> tuple:
    return tuple(given) if isinstance(given, Iterable) else (given,) * n_dims


def _unpooled_size(
    input: Tensor, kernel: tuple, stride: tuple, padding: tuple, output_size: Sequence[int] | None
) -> list[int]:
    """The size from which a pool with these windows came; sizes near it may be asked for."""
    n_dims = len(kernel)
    size = input.size()[-n_dims:]
    usual = [
        (size[k] - 1) * stride[k] + kernel[k] - 2 * padding[k] for k in range(n_dims)
    ]
    if output_size is None:
        _refuse_negative(usual)
        return usual
    wanted = output_size
    if len(wanted) == n_dims + 2:
        wanted = wanted[2:]
    if len(wanted) != n_dims:
        raise ValueError(
            f"output_size should be a sequence containing {n_dims} or {n_dims + 2} elements, but "
            f"it has a length of '{len(wanted)}'"
        )
    for k, n in enumerate(usual):
        if not n - stride[k] < wanted[k] < n + stride[k]:
            raise ValueError(
                f'invalid output_size "{wanted}" (dim {k} must be between {n - stride[k]} and '
                f"{n + stride[k]})"
            )
    _refuse_negative(wanted)
    return list(wanted)


def _refuse_negative(size: Sequence[int]) -> None:
    for k, n in enumerate(size):
        is_size: object = n >= 0
        if isinstance(is_size, Tensor):
            raise TypeError(
                "cond must be a bool, but got a Tensor. For tensor conditions, use "
                "torch._check_tensor_all() to assert that all elements are true."
            )
        if not isinstance(is_size, bool):
            raise TypeError(f"cond must be a bool, but got {type(is_size)}")
        if not is_size:
            raise ValueError(
                "max_unpooling: output_size must contain non-negative spatial dimensions, but got "
                f"output_size[{k}]={n}"
            )


def _refuse_fractions(name: str, input: Tensor, indices: Tensor, *sizes: Sequence[int]) -> None:
    """Raise the error of PyTorch's compiled function for sizes that are no whole numbers."""
    if any(plain_ints(size, len(size)) is None for size in sizes):
        error = refusal(name, (input, indices, *sizes), {}, is_method=False)
        if error is not None:
            raise error


def _windows(n_dims: int, kernel_size: Any, stride: Any, padding: Any) -> tuple:
    kernel = _repeated(kernel_size, n_dims)
    stride = kernel if stride is None else _repeated(stride, n_dims)
    return kernel, stride, _repeated(padding, n_dims)


@written_as("functional.max_unpool1d")
@reads_numpy
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put maxima back where :func:`max_pool1d` found them, among zeros.

    Shape: ``(batch, channels, places)`` to ``(batch, channels, length)``; also without the batch.
    ``output_size`` says which of the possible lengths. Raises RuntimeError for an index outside.
    """
    kernel, stride, padding = _windows(1, kernel_size, stride, padding)
    size = _unpooled_size(input, kernel, stride, padding, output_size)
    _refuse_fractions("max_unpool2d", input, indices, [*size, 1])
    return spatial.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), [*size, 1]).squeeze(-1)


@written_as("functional.max_unpool2d")
@reads_numpy
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put maxima back where :func:`max_pool2d` found them; as :func:`max_unpool1d`."""
    kernel, stride, padding = _windows(2, kernel_size, stride, padding)
    size = _unpooled_size(input, kernel, stride, padding, output_size)
    _refuse_fractions("max_unpool2d", input, indices, size)
    return spatial.max_unpool2d(input, indices, size)


@written_as("functional.max_unpool3d")
@reads_numpy
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put maxima back where :func:`max_pool3d` found them; as :func:`max_unpool1d`."""
    kernel, stride, padding = _windows(3, kernel_size, stride, padding)
    size = _unpooled_size(input, kernel, stride, padding, output_size)
    _refuse_fractions("max_unpool3d", input, indices, size, stride, padding)
    if len(size) == 3 and min(stride) <= 0:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(stride)}")
    return spatial.max_unpool3d(input, indices, size)


# ------------------------------------------------------------------------- norms


def _lp_pool(means: Tensor, norm_type: float, count: int) -> Tensor:
    """From the means of powers to the roots of their sums; negative sums keep their sign once."""
    positive = means.sign() * means.abs().relu()
    return positive.mul(count).pow(1.0 / norm_type)


def _spread(given: Any, n_dims: int) -> tuple:
    return tuple(given) if isinstance(given, Iterable) else (given,) * n_dims


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: int, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The ``norm_type``-norm of each window of a sequence: ``(sum of x**p) ** (1/p)``.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    """
    means = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_pool(means, norm_type, kernel_size)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of each window of images; as :func:`lp_pool1d` with two spatial dimensions."""
    height, width = _spread(kernel_size, 2)
    means = avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_pool(means, norm_type, height * width)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of each window of volumes; as :func:`lp_pool1d` with three spatial dimensions."""
    depth, height, width = _spread(kernel_size, 3)
    means = avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_pool(means, norm_type, depth * height * width)


__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d",
    "max_pool3d_with_indices", "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip
