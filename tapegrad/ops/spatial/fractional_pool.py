"""Maxima over windows that random numbers share out unevenly.

Source: Graham 2014, https://arxiv.org/abs/1412.6071 (the pseudorandom sequences).
"""

from __future__ import annotations

import math

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import op
from tapegrad.ops.spatial import pool_checks as checks
from tapegrad.ops.spatial.planes import place_sums
from tapegrad.ops.spatial.sizes import as_planes


def _starts(samples: np.ndarray, n_in: int, n_out: int, kernel: int) -> np.ndarray:
    """Where the windows of each plane start, rounded as PyTorch does. Shape: ``(..., n_out)``."""
    alpha = samples.dtype.type(n_in - kernel) / samples.dtype.type(max(n_out - 1, 1))
    samples = samples[..., None]
    steps = np.arange(n_out, dtype=samples.dtype)
    with np.errstate(invalid="ignore"):
        starts = ((steps + samples) * alpha).astype(int) - (samples * alpha).astype(int)
    starts[..., -1:] = n_in - kernel
    # also where samples lie outside 0 to 1
    return np.minimum(np.maximum(starts, 0), n_in - kernel)


def _max(
    input: np.ndarray, samples: np.ndarray, kernel: tuple[int, ...], count: tuple[int, ...]
) -> tuple[np.ndarray, ...]:
    n_dims = len(kernel)
    sizes = input.shape[-n_dims:]
    batch = input.shape[:-n_dims]
    samples = samples[: batch[0]] if len(batch) == 2 else samples[0]
    places = np.zeros((*batch, *(1,) * (2 * n_dims)), int)  # (*batch, *count, *kernel)
    for axis, (n_in, n_out, k) in enumerate(zip(sizes, count, kernel, strict=True)):
        starts = _starts(samples[..., axis], n_in, n_out, k)
        shape = [1] * (2 * n_dims)
        shape[axis], shape[n_dims + axis] = n_out, k
        places = places * n_in + (starts[..., None] + np.arange(k)).reshape((*batch, *shape))
    n_planes = math.prod(batch)
    planes = as_planes(input, n_dims).reshape(n_planes, math.prod(sizes))
    places = places.reshape(n_planes, math.prod(count) * math.prod(kernel))
    values = planes[np.arange(n_planes)[:, None], places].reshape(-1, math.prod(kernel))
    best = np.arange(len(values)), values.argmax(-1)
    return tuple(
        one.reshape(values.shape)[best].reshape(*batch, *count) for one in (values, places)
    )


def _max_op(n_dims: int):
    """A maximum over windows; its gradient goes to where the maximum was."""
    return op(
        f"fractional_max_pool{n_dims}d",
        forward=_max,
        grad_name=f"FractionalMaxPool{n_dims}DBackward0",
        outputs=("values", "indices"),
        drops=("samples",),
        input=lambda g, indices, input_shape, kernel: place_sums(
            g, indices, input_shape, len(kernel)
        ),
        doc="Maxima over windows that samples share out, and where in the plane they are.",
    )


_OPS = {2: ("fractional_max_pool2d", _max_op(2)), 3: ("fractional_max_pool3d_out", _max_op(3))}
_AXES = "time", "height", "width"


def fractional_max_pool(
    input: Tensor, kernel_size, output_size, samples: Tensor, n_dims: int
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of images or volumes, and where in the plane they are.

    Shapes: input ``(batch, channels, *sizes)``, also without the batch; samples ``(batch, channels,
    n_dims)``, of the width first for images and last for volumes.
    """
    name, pool = _OPS[n_dims]
    public = f"fractional_max_pool{n_dims}d"
    check_tensor(public, "input", input)
    kernel = _sizes(public, "kernel_size", 2, kernel_size, n_dims)
    count = _sizes(public, "output_size", 3, output_size, n_dims)
    _check_input(name, input, kernel, count)
    _check_samples(samples, input, n_dims)
    if n_dims == 2:
        samples = samples.flip(-1)
    return pool(input, samples, kernel, count)


def _sizes(function: str, name: str, position: int, given, n_dims: int) -> tuple[int, ...]:
    sizes = checks.as_ints(function, name, position, given)
    if not isinstance(given, (tuple, list)):
        return sizes * n_dims
    if len(sizes) != n_dims:
        kind = "Ints" if n_dims == 2 else "three Ints"
        raise RuntimeError(
            f"{function}: {name} must either be a single Int or tuple of {kind}"
        )
    return sizes


def _check_input(name: str, input: Tensor, kernel: tuple, count: tuple) -> None:
    n_dims = len(kernel)
    if input.ndim not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"{name}(): Expected {n_dims + 1}D or {n_dims + 2}D tensor, but got: "
            f"{list(input.shape)}"
        )
    for dim in range(input.ndim - n_dims - 1, input.ndim):
        if input.shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got"
                f"{list(input.shape)} with dimension {dim} being empty."
            )
    sizes = input.shape[-n_dims:]
    for axis, n_in, n_out, k in zip(_AXES[-n_dims:], sizes, count, kernel, strict=True):
        if n_out + k - 1 > n_in - (n_dims == 3):  # volumes must have one element to spare
            raise RuntimeError(
                f"{name}(): pool {axis} {k} too large relative to input {axis} {n_in}"
            )
    if min(kernel) < 1:
        raise ValueError(f"kernel_size must be greater than 0, but got {kernel}")
    if min(count) < 0:
        shape = [*input.shape[:-n_dims], *count]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(count)}: {shape}"
        )


def _check_samples(samples: Tensor, input: Tensor, n_dims: int) -> None:
    if samples.dtype != input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    if samples.shape[0] < (1 if input.ndim == n_dims + 1 else input.shape[0]):
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != input.shape[-n_dims - 1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != n_dims:
        raise RuntimeError(
            f"Expect _random_samples.size(2) equals to {n_dims}; got {samples.shape[2]}."
        )
