"""Reading and writing the positions that index tensors give."""

from __future__ import annotations

import warnings

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import check_savable
from tapegrad._kernels import true_positions
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import bool as bool_dtype
from tapegrad._types import int64, uint8
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import check_tensors
from tapegrad.ops.index.lines import writing_ops
from tapegrad.ops.index.rows import Numbers, expanded_values, index_rows, put_rows


def _index_backward(values, shape, indices, versions) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    put_rows(result, indices, values, "scatter_add_rows")
    return result


def _check_unchanged(versions: tuple) -> None:
    """Refuse to differentiate with index tensors that were written since."""
    for index, version in versions:
        if index._version != version:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: [torch.LongTensor {list(index.shape)}] is at version "
                f"{index._version}; expected version {version} instead. Hint: enable anomaly "
                "detection to find the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            )


def _index_slope(g, shape, indices, versions):
    _check_unchanged(versions)
    return index_backward(g, shape, indices, versions)


index_op = op(
    "index",
    forward=index_rows,
    drops=("indices",),
    input=lambda g, input_shape, indices, versions: _index_slope(
        g, input_shape, indices, versions
    ),
    doc="The elements at positions given by index tensors.",
)
index_backward = op(
    "index_backward",
    forward=_index_backward,
    values="index(g, indices, versions)",
    doc="Zeros with values added at the positions given by index tensors.",
)


def _index_put(input, values, indices, versions, accumulate):
    """Values written or added at the positions given by index tensors."""
    put_rows(input, indices, values, "scatter_add_rows" if accumulate else "scatter_rows")


def _index_put_self_slope(g, indices, versions, accumulate):
    if accumulate:
        return g
    _check_unchanged(versions)
    return _index_put_op(g, g.new_zeros(()), indices, (), False)


def _index_put_value_slope(g, indices, versions):
    _check_unchanged(versions)
    return index_op(g, indices, versions)


_index_put_op, index_put_inplace = writing_ops(
    "index_put", _index_put, "IndexPutBackward0", True,
    input=lambda g, indices, versions, accumulate: _index_put_self_slope(
        g, indices, versions, accumulate
    ),
    values=lambda g, indices, versions: _index_put_value_slope(g, indices, versions),
    drops=("indices",),
)  # fmt: skip


# ------------------------------------------------------------------------- reading an index


def index_arrays(input: Tensor, indices) -> tuple[tuple, tuple]:
    """Index tensors as int64 arrays, masks as the positions where they hold, and their versions."""
    if len(indices) == 1 and indices[0] is not None:
        one = indices[0]
        if one.dtype is int64 and input.ndim and not one.is_inference():
            return (one._array, *(None,) * (input.ndim - 1)), ((one, one._version),)
        if one.dtype is bool_dtype or one.dtype is uint8:
            _check_mask(input, one, 0)
            _warn_of_bytes(one)
            return Numbers(true_positions(one._array), one._array.shape), ()
    arrays: list[np.ndarray | None] = []
    versions: list[tuple[Tensor, int]] = []
    for index in indices:
        if index is None:
            arrays.append(None)
            continue
        if index.dtype.name in ("bool", "uint8"):
            _check_mask(input, index, len(arrays))
            _warn_of_bytes(index)
            arrays.extend(positions(index.detach().numpy()))
            continue
        if index.dtype.name not in ("int64", "int32"):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        arrays.append(index._array if index.dtype is int64 else index.long()._array)
        if index.is_inference():
            _refuse_recording(input, index)
        else:
            versions.append((index, index._version))
    if len(arrays) > input.ndim:
        raise _too_many(input, len(arrays))
    if len(arrays) > 1:
        _check_shapes(arrays)
    return (*arrays, *[None] * (input.ndim - len(arrays))), tuple(versions)


def _too_many(input: Tensor, n: int) -> Exception:
    return IndexError(f"too many indices for tensor of dimension {input.ndim} (got {n})")


def _warn_of_bytes(mask: Tensor) -> None:
    if mask.dtype is uint8:
        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool "
            "instead.", UserWarning, stacklevel=4)  # fmt: skip


def _refuse_recording(input: Tensor, index: Tensor) -> None:
    if input.requires_grad and is_grad_enabled():
        check_savable(index)


def _check_shapes(arrays: list[np.ndarray | None]) -> None:
    shapes = [one.shape for one in arrays if one is not None]
    if len(set(shapes)) == 1:
        return
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(shape)) for shape in shapes)
        ) from None


def _check_mask(input: Tensor, mask: Tensor, at: int) -> None:
    if mask.shape == input.shape[at : at + mask.ndim]:
        return
    for k, size in enumerate(mask.shape):
        if at + k >= input.ndim:
            raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
        if input.shape[at + k] != size:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {k} does not match the shape "
                f"of the indexed tensor {list(input.shape)} at index {at + k}"
            )


def positions(mask: np.ndarray) -> tuple:
    """For each dimension of a mask the positions where it holds, in row-major order."""
    return np.unravel_index(true_positions(mask), mask.shape)


def put_values(target: Tensor, left: list, value, accumulate: bool = False) -> None:
    """Write a tensor or number at positions that are index tensors, or None for a dimension."""
    if not accumulate:
        _refuse_filling_bytes(left, value)
    arrays, versions = index_arrays(target, left)
    if not isinstance(value, Tensor):
        value = Tensor._wrap(kernels.element(value, target.dtype.numpy.num))
    index_put_inplace(target, value, arrays, versions, accumulate)


def _refuse_filling_bytes(left: list, value) -> None:
    """Refuse to put one number where a mask of bytes holds, which PyTorch leaves to masked_fill."""
    masks = [one for one in left if one is not None]
    is_one = not isinstance(value, Tensor) or value.numel() == 1
    if is_one and len(masks) == 1 and masks[0].dtype is uint8:
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char"
        )


def _check_put(self: Tensor, indices) -> list:
    if isinstance(indices, Tensor) or not isinstance(indices, (tuple, list)):
        raise TypeError(
            "index_put(): argument 'indices' (position 1) must be tuple of Tensors, not "
            f"{type(indices).__name__}"
        )
    check_tensors(tuple(indices))
    if len(indices) > self.ndim:
        raise _too_many(self, len(indices))
    if not indices:     # PyTorch's text for one value; others end in its internal asserts
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype nullptr "
            "(uninitialized)"
        )
    return list(indices)


def check_put_dtypes(target: Tensor, left: list, values: Tensor) -> None:
    """Refuse to write a tensor of another dtype at positions; other sizes are refused first."""
    if values.dtype is target.dtype:
        return
    arrays, _ = index_arrays(target.detach(), left)
    if not isinstance(arrays, Numbers):
        arrays = tuple([None if one is None else np.zeros_like(one) for one in arrays])
    expanded_values(values._array, index_rows(target._array, arrays, ()).shape)
    raise RuntimeError(
        f"Index put requires the source and destination dtypes match, got "
        f"{kernels.TYPE_NAMES[target.dtype.numpy.num]} for the destination and "
        f"{kernels.TYPE_NAMES[values.dtype.numpy.num]} for the source."
    )


def fills_mask(left: list, value: Tensor) -> bool:
    """Whether a value is one number for what masks pick, which may be cast."""
    return value.numel() == 1 and all(
        one is None or one.dtype.name in ("bool", "uint8") for one in left
    )


def _as_put(target: Tensor, left: list, values: Tensor, accumulate: bool) -> Tensor:
    """Values of the target's dtype; one number for a mask may have any, and any shape."""
    if values.numel() == 1 and not accumulate and fills_mask(left, values):
        return values.reshape(()).to(target.dtype)
    check_put_dtypes(target, left, values)
    return values


@method()
def index_put_(self: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """Write ``values`` at the positions given by index tensors; ``accumulate`` adds them up."""
    left = _check_put(self, indices)
    values = _as_put(self, left, values, accumulate)
    kernels.check_written(self._array, [values._array])
    put_values(self, left, values, accumulate)
    return self


@method()
def index_put(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with ``values`` written at the positions given by index tensors."""
    left = _check_put(input, indices)
    if not accumulate:
        _refuse_filling_bytes(left, values)
    arrays, versions = index_arrays(input, left)
    values = _as_put(input, left, values, accumulate)
    return _index_put_op(input, values, arrays, versions, accumulate)


__all__ = ["index_put", "index_put_"]
