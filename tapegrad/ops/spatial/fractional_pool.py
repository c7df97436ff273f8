"""Maxima over windows that random numbers share out unevenly.

Source: Graham 2014, https://arxiv.org/abs/1412.6071 (the pseudorandom sequences).
"""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import op
from tapegrad.ops._dims import plain_ints
from tapegrad.ops.spatial import pool_checks as checks
from tapegrad.ops.spatial.planes import place_sums
from tapegrad.ops.spatial.sizes import in_3d, remembered, scalar_name


def _max(
    input: np.ndarray, samples: np.ndarray, kernel: tuple[int, ...], count: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    n_dims = len(kernel)
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"\"fractional_max_pool{n_dims}d_out_frame\" not implemented for "
            f"'{scalar_name(input)}'"
        )
    batch, sizes = input.shape[:-n_dims], input.shape[-n_dims:]
    samples = samples[: batch[0]] if len(batch) == 2 else samples[0]
    if n_dims == 2:  # which come width first
        samples = kernels.backwards(samples, (len(batch),))
    planes = kernels.joined(kernels.contiguous(input), len(batch))
    shape = (*batch, math.prod(count))
    values, places = kernels.outputs(
        OURS["fractional_max_pool"], (planes, samples), (shape, shape),
        (*in_3d(sizes, 1), *in_3d(count, 1), *in_3d(kernel, 1)),
    )  # fmt: skip
    return values.reshape(*batch, *count), places.reshape(*batch, *count)


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
    _check_sizes(name, input.shape, kernel, count)
    _check_samples(samples, input, n_dims)
    return pool(input, samples, kernel, count)


def _sizes(function: str, name: str, position: int, given, n_dims: int) -> tuple[int, ...]:
    plain = plain_ints(given, n_dims)
    if plain is not None and (type(given) is int or len(given) == n_dims):
        return plain
    sizes = checks.as_ints(function, name, position, given)
    if not isinstance(given, (tuple, list)):
        return sizes * n_dims
    if len(sizes) != n_dims:
        kind = "Ints" if n_dims == 2 else "three Ints"
        raise RuntimeError(
            f"{function}: {name} must either be a single Int or tuple of {kind}"
        )
    return sizes


@remembered
def _check_sizes(name: str, shape: tuple, kernel: tuple, count: tuple) -> None:
    n_dims = len(kernel)
    if len(shape) not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"{name}(): Expected {n_dims + 1}D or {n_dims + 2}D tensor, but got: "
            f"{list(shape)}"
        )
    for dim in range(len(shape) - n_dims - 1, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got"
                f"{list(shape)} with dimension {dim} being empty."
            )
    sizes = shape[-n_dims:]
    for axis, n_in, n_out, k in zip(_AXES[-n_dims:], sizes, count, kernel, strict=True):
        if n_out + k - 1 > n_in - (n_dims == 3):  # volumes must have one element to spare
            raise RuntimeError(
                f"{name}(): pool {axis} {k} too large relative to input {axis} {n_in}"
            )
    if min(kernel) < 1:
        raise ValueError(f"kernel_size must be greater than 0, but got {kernel}")
    if min(count) < 0:
        wanted = [*shape[:-n_dims], *count]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(count)}: {wanted}"
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
