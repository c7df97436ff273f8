"""Means and maxima over windows that slide over one to three dimensions."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import float16
from tapegrad.ops._arguments import check_tensor, refuse_half
from tapegrad.ops._declare import op, takes_out, takes_tensors
from tapegrad.ops.spatial import pool_checks as checks
from tapegrad.ops.spatial.planes import place_sums
from tapegrad.ops.spatial.sizes import in_3d, remembered, scalar_name

MOST_PLACES = 2**31 - 1  # of a plane, which max_pool.c numbers in 32 bits


_MOST_TAPS, _MOST_STRIDE = 32, 2  # of windows whose maxima are found tap by tap, as in _c/pool.h


class Windows:
    """Where windows lie: one number a spatial dimension. A kernel of 0 is an adaptive one."""

    __slots__ = ("counts", "goes_by_taps", "kernel", "n_dims", "n_places", "params", "size")

    def __init__(
        self, size: tuple, counts: tuple, kernel: tuple, stride: tuple, padding: tuple,
        dilation: tuple, counts_padding: bool = True, divisor: int = 0,
    ) -> None:  # fmt: skip
        self.size, self.counts, self.kernel = size, counts, kernel
        self.n_dims, self.n_places = len(size), math.prod(size)
        self.goes_by_taps = 0 < kernel[-1] <= _MOST_TAPS and stride[-1] <= _MOST_STRIDE
        fillers = ((size, 1), (counts, 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1))
        columns = [in_3d(sizes, filler) for sizes, filler in fillers]
        fields = [n for axis in zip(*columns, strict=True) for n in axis]
        self.params = (0, *fields, counts_padding, divisor)  # of the kernels


def _avg(input: np.ndarray, windows: Windows) -> np.ndarray:
    if input.dtype.kind != "f":
        shape = (*input.shape[:-windows.n_dims], *windows.counts)
        if windows.kernel[-1] == 0 and windows.n_dims < 3 and 0 in shape:
            return kernels.empty(shape, input.dtype)
        _check_mean_of_integers(input, windows)
    return kernels.by_planes(OURS["avg_pool"], (input,), windows.counts, windows.params)


def _check_mean_of_integers(input: np.ndarray, windows: Windows) -> None:
    name = "avg_pool2d" if windows.n_dims < 3 else "avg_pool3d_out_frame"
    if windows.kernel[-1] == 0:
        name = "adaptive_avg_pool2d" if windows.n_dims < 3 else "adaptive_avg_pool3d_cpu"
    if input.dtype != np.int64 or name.startswith("adaptive"):
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(input)}'")


def _check_adaptive_gradient(kind: str, shape: tuple, windows: Windows) -> None:
    """Refuse a gradient of windows that are not there, other than those of an empty batch."""
    if windows.kernel[-1] == 0 and 0 in shape[1:]:
        raise RuntimeError(
            f"adaptive_{kind}_pool{windows.n_dims}d_backward(): Expected grad_output to have "
            f"non-zero size for non-batch dimensions, but grad_output has sizes {list(shape)} with "
            f"dimension {shape.index(0, 1)} being empty"
        )


def _avg_back(values: np.ndarray, windows: Windows) -> np.ndarray:
    _check_adaptive_gradient("avg", values.shape, windows)
    return kernels.by_planes(OURS["avg_pool_backward"], (values,), windows.size, windows.params)


def _avg_ops(name: str, grad_name: str):
    """A mean over windows, and its transpose."""
    back = op(
        f"{name}_backward", forward=_avg_back, values=lambda g, windows: pool(g, windows),
        doc="Each mean's gradient, shared by its window.",
    )  # fmt: skip
    pool = op(
        name, forward=_avg, grad_name=grad_name, input=lambda g, windows: back(g, windows),
        doc="Means over windows.",
    )  # fmt: skip
    return pool


def _max(input: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    if input.dtype.kind != "f" or windows.n_places > MOST_PLACES:
        _check_maximum(input, windows)
    try:
        return kernels.by_planes(OURS["max_pool"], (input,), windows.counts, windows.params)
    except kernels.KernelRefusal:
        raise MemoryError("max_pool: no memory for the places that windows read") from None


def _check_maximum(input: np.ndarray, windows: Windows) -> None:
    name = f"max_pool{max(windows.n_dims, 2)}d"
    if windows.kernel[-1] == 0:
        name = "adaptive_max_pool2d" if windows.n_dims < 3 else "adaptive_max_pool3d_cpu"
    if input.dtype.kind == "b" or (name.startswith("adaptive") and input.dtype.kind != "f"):
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(input)}'")
    if windows.n_places > MOST_PLACES:
        raise RuntimeError(f"{name}: no maxima over planes of more than {MOST_PLACES:,} elements")


def _max_slope(g, indices, input_shape, windows):
    _check_adaptive_gradient("max", g.shape, windows)
    return place_sums(g, indices, input_shape, windows.n_dims)


def _max_op(name: str, grad_name: str):
    """A maximum over windows; its gradient goes to where the maximum was."""
    return op(
        name,
        forward=_max,
        grad_name=grad_name,
        outputs=("values", "indices"),
        input=_max_slope,
        doc="Maxima over windows, and where in the plane they are.",
    )


_AVG = {d: _avg_ops(f"avg_pool{d}d", f"AvgPool{d}DBackward0") for d in (2, 3)}
_MAX = {
    d: _max_op(f"max_pool{d}d_with_indices", f"MaxPool{d}DWithIndicesBackward0") for d in (2, 3)
}
adaptive_avg_ops = {
    d: _avg_ops(f"adaptive_avg_pool{d}d", f"AdaptiveAvgPool{d}DBackward0") for d in (2, 3)
}
adaptive_max_ops = {
    d: _max_op(f"adaptive_max_pool{d}d", f"AdaptiveMaxPool{d}DBackward0") for d in (2, 3)
}

# ------------------------------------------------------------------------- sliding windows


def window_counts(size, kernel, stride, padding, dilation, ceil_mode: bool) -> tuple:
    """How many places a window has; rounding up, none may start in the padding behind."""
    counts = []
    for n, k, every, pad, step in zip(size, kernel, stride, padding, dilation, strict=True):
        extra = every - 1 if ceil_mode else 0
        count = (n + 2 * pad - step * (k - 1) - 1 + extra) // every + 1
        if ceil_mode and (count - 1) * every >= n + pad:
            count -= 1
        counts.append(count)
    return tuple(counts)


@remembered
def _fitting(
    kind: str, shape: tuple, kernel: tuple, stride: tuple, padding: tuple, dilation: tuple,
    ceil_mode: bool, counts_padding: bool = True, divisor: int = 0,
) -> Windows:  # fmt: skip
    """The windows of a mean or maximum over inputs of a shape, if there can be any."""
    size = tuple(shape[-len(kernel) :])
    checks.check_steps(kernel, stride, padding, dilation)
    counts = window_counts(size, kernel, stride, padding, dilation, ceil_mode)
    checks.check_shapes(kind, shape, kernel, stride, padding, dilation, counts)
    return Windows(
        size, counts, kernel, stride, padding, dilation, counts_padding, divisor
    )


def _avg_pool(input, kernel, stride, padding, ceil_mode, counts_padding, divisor) -> Tensor:
    """The checked mean over two or three dimensions."""
    n_dims = len(kernel)
    if divisor is not None and divisor == 0:
        raise RuntimeError("divisor must be not zero")
    windows = _fitting(
        "avg", input.shape, kernel, stride, padding, (1,) * n_dims, bool(ceil_mode),
        bool(counts_padding), divisor or 0,
    )  # fmt: skip
    return _AVG[n_dims](input, windows)


@takes_tensors
def avg_pool1d(
    input, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Means over windows of a sequence.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    ``ceil_mode`` also takes windows that reach beyond the end; ``count_include_pad`` lets zeros
    in the padding count. Raises RuntimeError where no window fits.
    """
    check_tensor("avg_pool1d", "input", input)
    checks.check_rank("avg_pool1d", input)
    kernel = checks.one_int("avg_pool1d", "kernel_size", 2, kernel_size)
    stride = checks.one_int("avg_pool1d", "stride", 3, stride, kernel)
    padding = checks.one_int("avg_pool1d", "padding", 4, padding)
    pooled = _avg_pool(
        input.unsqueeze(-2), (1, kernel), (1, stride), (0, padding), ceil_mode, count_include_pad,
        None,
    )  # fmt: skip
    return pooled.squeeze(-2)


@takes_out("exact")
def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Means over windows of images; as :func:`avg_pool1d` with two spatial dimensions.

    ``divisor_override`` divides the sums instead of the windows' sizes.
    """
    kernel, stride, padding = checks.windows_of(
        "avg_pool2d", 2, input, kernel_size, stride, padding
    )
    return _avg_pool(
        input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@takes_out("exact")
def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Means over windows of volumes; as :func:`avg_pool2d` with three spatial dimensions."""
    kernel, stride, padding = checks.windows_of(
        "avg_pool3d", 3, input, kernel_size, stride, padding
    )
    refuse_half("avg_pool3d_out_frame", input._array)
    return _avg_pool(
        input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _max_pool(input, kernel, stride, padding, dilation, ceil_mode) -> tuple[Tensor, Tensor]:
    """The checked maximum over two or three dimensions, and its places."""
    windows = _fitting("max", input.shape, kernel, stride, padding, dilation, bool(ceil_mode))
    return _MAX[len(kernel)](input, windows)


@takes_tensors
def max_pool1d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of a sequence, and where they are; as :func:`max_pool1d`."""
    check_tensor("max_pool1d_with_indices", "input", input)
    window = checks.max_pool1d_with_indices_window(input, kernel_size, stride, padding, dilation)
    return _max_pool1d(input, window, ceil_mode)


def _max_pool1d(input: Tensor, window: tuple, ceil_mode: bool) -> tuple[Tensor, Tensor]:
    """The maximum over images of one line."""
    kernel, stride, padding, dilation = window
    values, indices = _max_pool(
        input.unsqueeze(-2), (1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode
    )
    return values.squeeze(-2), indices.squeeze(-2)


@takes_tensors
def max_pool1d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> Tensor:
    """Maxima over windows of a sequence; NaN wins.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    ``dilation`` leaves gaps within the windows, ``ceil_mode`` also takes windows that reach
    beyond the end. Raises RuntimeError where no window fits.
    """
    check_tensor("max_pool1d", "input", input)
    given = kernel_size, stride, padding, dilation
    windows_of = _lines if _PLAIN.issuperset(map(type, given)) else _lines.__wrapped__
    windows = windows_of(tuple(input.shape), *given, ceil_mode)
    if input.dtype.numpy.kind != "f":
        name = scalar_name(input._array)
        raise NotImplementedError(f"\"max_pool1d_impl\" not implemented for '{name}'")
    is_recorded = is_grad_enabled() and input.requires_grad
    if windows.goes_by_taps and not is_recorded and input.dtype is not float16:
        return _line_maxima(input, windows)
    return _MAX[2](input.unsqueeze(-2), windows)[0].squeeze(-2)


_line_maxima = op(
    "max_pool1d",
    forward=lambda input, windows: kernels.by_planes(
        OURS["window_maxima"], (input,), windows.counts[1:], windows.params
    ),
    doc="Maxima over windows of sequences, without the places that a gradient needs.",
)


_PLAIN = frozenset((int, type(None)))  # what equal numbers are remembered of


@remembered
def _lines(
    shape: tuple, kernel_size, stride, padding, dilation, ceil_mode: bool
) -> Windows:
    """The windows of a maximum over sequences, as over images of one line."""
    window = checks.max_pool1d_window(shape, kernel_size, stride, padding, dilation)
    kernel, stride, padding, dilation = window
    (count,) = window_counts(shape[-1:], (kernel,), (stride,), (padding,), (dilation,), ceil_mode)
    if count < 1:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {count}")
    return _fitting(
        "max", (*shape[:-1], 1, shape[-1]), (1, kernel), (1, stride), (0, padding), (1, dilation),
        bool(ceil_mode),
    )  # fmt: skip


def max_pool2d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of images, and where in the image they are."""
    kernel, stride, padding = checks.windows_of(
        "max_pool2d", 2, input, kernel_size, stride, padding
    )
    dilation = checks.ints("max_pool2d", "dilation", 5, dilation, 2)
    return _max_pool(input, kernel, stride, padding, dilation, ceil_mode)


@takes_tensors
def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> Tensor:
    """Maxima over windows of images; as :func:`max_pool1d` with two spatial dimensions."""
    return max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool3d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of volumes, and where in the volume they are."""
    kernel, stride, padding = checks.windows_of(
        "max_pool3d", 3, input, kernel_size, stride, padding
    )
    dilation = checks.ints("max_pool3d", "dilation", 5, dilation, 3)
    return _max_pool(input, kernel, stride, padding, dilation, ceil_mode)


@takes_tensors
def max_pool3d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False
) -> Tensor:
    """Maxima over windows of volumes; as :func:`max_pool1d` with three spatial dimensions."""
    return max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)[0]


__all__ = ["avg_pool1d", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d"]
