"""Elements where a mask holds."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, pick, place, true_positions
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_untaped
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import check_expansion, common_shape
from tapegrad.ops.convert import check_written_shape
from tapegrad.ops.index.lines import writing_ops
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.shape import cat

# ------------------------------------------------------------------------- masked_fill


def _masked_fill(input: np.ndarray, mask: np.ndarray, value) -> np.ndarray:
    filler = kernels.fill(kernels.empty((), input.dtype), value)
    return kernels.pointwise(OURS["where"], mask, filler, input, dtype=input.dtype)


masked_fill_op = op(
    "masked_fill",
    forward=_masked_fill,
    inplace=False,
    input=lambda g, mask: where_op(mask, 0.0, g),
    doc="A number where a mask holds.",
)
masked_fill_tensor_op = op(
    "masked_fill_tensor",
    forward=lambda input, mask, value: kernels.pointwise(
        OURS["where"], mask, value, input, dtype=input.dtype
    ),
    grad_name="MaskedFillBackward1",
    input=lambda g, mask: where_op(mask, 0.0, g),
    value=lambda g, mask: where_op(mask, g, 0.0).sum(),
    doc="The value of a 0-d tensor where a mask holds.",
)
_masked_fill_inplace = InplaceOp(masked_fill_op)
_masked_fill_tensor_inplace = InplaceOp(masked_fill_tensor_op)


def _check_filled(input: Tensor, mask: Tensor, value, *, is_written: bool = False) -> None:
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{_C_NAMES[mask.dtype.name]}"
        )
    if is_written:
        check_written_shape(input, mask)
    if isinstance(value, Tensor):
        kernels.refuse_overflow(value.item(), input.dtype.numpy.num)
    elif isinstance(value, complex):
        raise RuntimeError("value cannot be converted to type float without overflow")
    elif not isinstance(value, (int, float)):
        kind = type(value).__name__
        raise TypeError(
            f"masked_fill() received an invalid combination of arguments - got (Tensor, {kind})"
        )


_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long int",
            "int32": "int", "int16": "short int", "int8": "signed char",
            "uint8": "unsigned char"}  # fmt: skip


@method()
def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """``value`` where the mask holds, else the tensor's elements."""
    if mask.shape != input.shape:
        common_shape(mask.shape, input.shape)
    _check_filled(input, mask, value)
    if isinstance(value, Tensor):
        refuse_untaped(input, value)
        return masked_fill_tensor_op(input, mask, value.to(input.dtype))
    return masked_fill_op(input, mask, value)


@method()
def masked_fill_(self: Tensor, mask: Tensor, value) -> Tensor:
    """In-place form of :func:`masked_fill`."""
    _check_filled(self, mask, value, is_written=True)
    if isinstance(value, Tensor):
        return _masked_fill_tensor_inplace(self, mask, value.to(self.dtype))
    return _masked_fill_inplace(self, mask, value)


# ------------------------------------------------------------------------- masked_select


def _masked_select(input: np.ndarray, mask: np.ndarray) -> np.ndarray:
    shape = common_shape(mask.shape, input.shape)
    where = true_positions(kernels.expanded(mask, shape))
    return pick(kernels.flat(kernels.expanded(input, shape)), where, 0)


masked_select_op = op(
    "masked_select",
    forward=_masked_select,
    input=lambda g, input_shape, mask: _masked_select_slope(g, input_shape, mask),
    doc="The elements where a mask holds, in one dimension.",
)


def _masked_select_slope(g: Tensor, input_shape: tuple, mask: Tensor) -> Tensor:
    shape = common_shape(mask.shape, input_shape)
    return g.new_zeros(shape).masked_scatter(mask, g)


@takes_out("masked_select(): self and result must have the same scalar type", may_overlap=False)
@method()
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension; the two are broadcast.

    Raises RuntimeError for a mask that is not of bools.
    """
    if mask.dtype.name != "bool":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    return masked_select_op(input, mask)


# ------------------------------------------------------------------------- masked_scatter


def _masked_scatter(input, mask, source):
    """The elements of a source, in order, written where a mask holds."""
    where = true_positions(kernels.expanded(mask, input.shape))
    if where.size > source.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    flat = kernels.contiguous(input)
    place("place", kernels.flat(flat), where, kernels.flat(source)[: where.size], 0)
    if flat is not input:
        kernels.copy_array(input, flat)


def _source_slope(g: Tensor, mask: Tensor, source_shape: tuple) -> Tensor:
    """The gradient where the mask holds, then zeros for what was not used."""
    chosen = g.masked_select(mask)
    n_unused = int(np.prod(source_shape)) - len(chosen)
    if n_unused:
        padding = g.new_zeros(n_unused)
        chosen = cat([chosen, padding])
    return chosen.reshape(source_shape)


_masked_scatter_op, _masked_scatter_inplace = writing_ops(
    "masked_scatter", _masked_scatter, "MaskedScatterBackward0",
    input=lambda g, mask: g.masked_fill(mask, 0),
    source=lambda g, mask, source_shape: _source_slope(g, mask, source_shape),
)  # fmt: skip


def _check_mask_fits(self: Tensor, mask: Tensor) -> None:
    try:
        check_expansion(mask.shape, self.shape, mask)
    except RuntimeError as error:
        # PyTorch names a tensor of bools by its C++ type here.
        raise RuntimeError(str(error).replace("torch.BoolTensor", "CPUBoolType")) from None


def _check_scattered(self: Tensor, mask: Tensor, source) -> None:
    if source.dtype is not self.dtype:
        names = [kernels.TYPE_NAMES[one.dtype.numpy.num] for one in (self, source)]
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{names[0]} and {names[1]}"
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{kernels.TYPE_NAMES[mask.dtype.numpy.num]}"
        )


@method()
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with the elements of ``source``, in order, where the mask holds.

    The mask and the tensor are broadcast. Raises RuntimeError where the source has too few.
    """
    _check_scattered(input, mask, source)
    if mask.shape != input.shape:
        shape = common_shape(mask.shape, input.shape)
        input = input if input.shape == shape else input.expand(shape)
    return _masked_scatter_op(input, mask, source)


@method()
def masked_scatter_(self: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """In-place form of :func:`masked_scatter`."""
    _check_scattered(self, mask, source)
    _check_mask_fits(self, mask)
    return _masked_scatter_inplace(self, mask, source)


__all__ = ["masked_fill", "masked_scatter", "masked_select"]
