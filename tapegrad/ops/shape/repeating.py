"""A tensor several times over."""

from __future__ import annotations

import operator

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import Ints
from tapegrad.ops._declare import method, op, takes_tensors
from tapegrad.ops._dims import named_sizes, normal_dim
from tapegrad.ops.convert import contiguous_op
from tapegrad.ops.shape.broadcasting import expand_op
from tapegrad.ops.shape.sizes import flatten, ravel, unsqueeze_op, view


def _interleaved(times: tuple, shape: tuple) -> tuple:
    """The two dimensions, how often and how many, for each one of a repeated tensor."""
    return tuple(one for pair in zip(times, shape, strict=True) for one in pair)


def _repeat(input: np.ndarray, times: tuple) -> np.ndarray:
    shape = (1,) * (len(times) - input.ndim) + input.shape
    result = kernels.empty([n * size for n, size in zip(times, shape, strict=True)], input.dtype)
    if result.size:
        places = tuple(one for _ in shape for one in (None, slice(None)))
        source = input.reshape(shape)[(*places, ...)]
        kernels.copy_array(result.reshape(_interleaved(times, shape)), source)
    return result


def _repeat_slope(g: Tensor, input_shape: tuple, times: tuple) -> Tensor:
    if 0 in times:
        return g.new_zeros(input_shape)
    shape = (1,) * (len(times) - len(input_shape)) + tuple(input_shape)
    if not shape:
        return g
    spread = g.reshape(_interleaved(times, shape))
    return spread.sum(tuple(range(0, 2 * len(times), 2))).reshape(input_shape)


repeat_op = op(
    "repeat",
    forward=_repeat,
    input=lambda g, input_shape, times: _repeat_slope(g, input_shape, times),
    doc="Copies side by side along every dimension.",
)


@method()
def repeat(input: Tensor, *repeats, **keyword) -> Tensor:
    """The tensor copied side by side, ``repeats[k]`` times along dimension k."""
    times = named_sizes("repeat", repeats, keyword, "repeats")
    if len(times) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    return repeat_op(input, times)


@takes_tensors
def tile(input: Tensor, dims: Ints) -> Tensor:
    """The tensor copied side by side; ``dims`` count from the last dimension backwards.

    Like :meth:`Tensor.repeat`, but missing numbers in front are ones.
    """
    return repeat(input, (1,) * (input.ndim - len(dims)) + tuple(dims))


@method("tile")
def _tiled(self: Tensor, *dims, **keyword) -> Tensor:
    """As :func:`tile`, of numbers that may stand one by one."""
    return tile(self, named_sizes("tile", dims, keyword, "dims"))


@method()
def repeat_interleave(input: Tensor, repeats=None, dim: int | None = None, *,
                      output_size: int | None = None) -> Tensor:  # fmt: skip
    """Each position along ``dim`` repeated where it stands: one number, or one for each position.

    Without ``dim`` the tensor is flattened before. With a tensor of counts alone, its positions
    0, 1, ... as often as it says.
    """
    if repeats is None:
        return _positions_repeated(input, output_size)
    if isinstance(repeats, Tensor) and repeats.numel() != 1:
        return _repeated_by_tensor(input, repeats, dim, output_size)
    if isinstance(repeats, Tensor):
        _check_counts(repeats)
        if repeats.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    elif isinstance(repeats, bool):
        raise TypeError(f"no whole number: {repeats}")
    times = operator.index(repeats)
    if times < 0:
        raise RuntimeError(
            "repeats can not be negative" if isinstance(repeats, Tensor)
            else "Repeats must be non-negative"
        )
    return _repeated_by_number(input, times, dim, output_size)


def _repeated_by_number(input: Tensor, times: int, dim, output_size) -> Tensor:
    if dim is None:
        input, dim = flatten(input), 0
    dim = normal_dim(dim, input.ndim)
    input = input if input.ndim else view(input, 1)
    size = input.shape[dim] * times
    if output_size is not None and output_size != size:
        raise RuntimeError(
            f"repeat_interleave: Invalid output_size, expected {size} but got {output_size}"
        )
    spread = unsqueeze_op(input, dim + 1)
    shape = (*input.shape[: dim + 1], times, *input.shape[dim + 1 :])
    copied = contiguous_op(expand_op(spread, shape))
    return view(copied, (*shape[:dim], size, *shape[dim + 2 :]))


def _repeated_by_tensor(input: Tensor, repeats: Tensor, dim, output_size) -> Tensor:
    if dim is None:
        input, dim = ravel(input), 0
    dim = normal_dim(dim, input.ndim)
    if repeats.ndim != 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    size = input.shape[dim] if input.ndim else 1
    if len(repeats) != size:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{len(repeats)} and input.size({dim}) = {size}"
        )
    return input.index_select(dim, _positions_repeated(repeats, output_size))


def _positions_repeated(repeats: Tensor, output_size) -> Tensor:
    """Position k as often as the k-th element says."""
    _check_counts(repeats)
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    counts = repeats.detach().numpy()
    if counts.size and counts.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != counts.sum():
        raise RuntimeError("allocated size does not match required size")
    return Tensor._wrap(np.repeat(np.arange(counts.size, dtype=counts.dtype), counts))


def _check_counts(repeats: Tensor) -> None:
    if repeats.dtype.name not in ("int64", "int32"):
        kind = kernels.TYPE_NAMES[repeats.dtype.numpy.num]
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{kind}'")


__all__ = ["repeat_interleave", "tile"]
