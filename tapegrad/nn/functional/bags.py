"""Sums, means and maxima of vectors that are looked up."""

from __future__ import annotations

import warnings

import numpy as np

import tapegrad
from tapegrad._kernels import KernelRefusal, flat
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.embeddings import shorten_rows
from tapegrad.ops._declare import written_as
from tapegrad.ops.embedding_bag import MAX, MEAN, SUM, Bags, embedding_bag_op, is_fast
from tapegrad.ops.tensor_types import cpu_type_name

_MODES = {"sum": SUM, "mean": MEAN, "max": MAX}
_TURNED = (
    "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, "
    "input, ...)` is deprecated, and should now be `embedding_bag(input, weight, ...)`."
)


@written_as("functional.embedding_bag")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of rows of ``weight``, without the rows in between.

    Bags are the rows of a matrix ``input``, or parts of a vector that begin at ``offsets``; an
    empty one gives zeros. ``per_sample_weights`` multiply rows that are summed; ``padding_idx``
    counts for nothing. Gradients are dense, also where ``sparse`` asks for others. Shape:
    ``(bags, n)``, or ``(n)`` and offsets ``(bags)``, to ``(bags, size)``.
    """
    if weight.dtype is tapegrad.int64 and input.is_floating_point():
        warnings.warn(_TURNED, stacklevel=2)
        input, weight = weight, input
    _check_samples(input, weight, per_sample_weights, mode)
    starts = _starts(input, offsets)
    _check_mode(mode, scale_grad_by_freq, sparse, per_sample_weights)
    if offsets is not None and input.dtype is not offsets.dtype:
        input = input.to(tapegrad.promote_types(input.dtype, offsets.dtype))
    if max_norm is not None:
        shorten_rows(weight.detach(), input, max_norm, norm_type)
    result, _ = _bagged(input, weight, starts, _MODES[mode], scale_grad_by_freq,
                        _flat(per_sample_weights), include_last_offset,
                        _wrap_padding(padding_idx, weight))  # fmt: skip
    return result


def bagged(
    indices: Tensor, weight: Tensor, offsets: Tensor, mode: int, by_freq: bool,
    samples: Tensor | None, include_last: bool, padding_idx: int | None,
) -> tuple[Tensor, Bags]:  # fmt: skip
    """What the compiled function of this name computes, with the bags that it made."""
    padding = _wrap_padding(padding_idx, weight)
    for name, x, allowed in (("input", indices, (1, 2)), ("offsets", offsets, (1,)),
                             ("weight", weight, (2,))):
        if x.ndim not in allowed:
            raise RuntimeError(
                f"{name} has to be a {'D or '.join(map(str, allowed))}D Tensor, but got Tensor of "
                f"dimension {x.ndim}"
            )
    common = tapegrad.promote_types(indices.dtype, offsets.dtype)
    indices, starts = indices.to(common), offsets.to(common).detach().numpy()
    return _bagged(indices, weight, starts, mode, by_freq, samples, include_last, padding)


def _bagged(
    input: Tensor, weight: Tensor, starts: np.ndarray, mode: int, by_freq: bool,
    samples: Tensor | None, include_last: bool, padding: int,
) -> tuple[Tensor, Bags]:  # fmt: skip
    index = flat(input._array)
    fits = input.dtype is tapegrad.int64 and weight.is_floating_point() and (
        mode in (SUM, MEAN) if samples is None else mode == SUM
        and samples.dtype is weight.dtype and samples.shape == index.shape)
    if not fits or include_last:
        _check(input, weight, starts, mode, samples, include_last, padding)
    bags = Bags(index, starts[: starts.size - 1] if include_last else starts, padding,
                n_offsets=starts.size)
    try:
        return embedding_bag_op(weight, samples, bags, mode, by_freq), bags
    except KernelRefusal:       # what is wrong with bags or rows it leaves to be found
        _check(input, weight, starts, mode, samples, include_last, padding)
        raise


def _check(
    input: Tensor, weight: Tensor, starts: np.ndarray, mode: int, samples: Tensor | None,
    include_last: bool, padding: int,
) -> None:  # fmt: skip
    """Refuse what has no bags, in PyTorch's words and order."""
    index = flat(input._array)
    _check_dtypes(input, weight)
    _check_ends(starts, index.size)
    if samples is not None:
        _check_factors(input, weight, samples, mode)
    if include_last and not starts.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if mode not in _MODES.values():
        raise RuntimeError("`mode` must be sum, mean, or max.")
    if bool((np.diff(starts) < 0).any()):
        raise RuntimeError("embedding_bag: offsets must not decrease")
    _check_rows(index, weight.shape[0], is_fast(weight, mode, padding))


def _check_samples(input: Tensor, weight: Tensor, samples: Tensor | None, mode: str) -> None:
    if samples is not None and input.size() != samples.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({samples.shape}) is not None, then it must "
            f"have the same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(
            f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}"
        )


def _starts(input: Tensor, offsets: Tensor | None) -> np.ndarray:
    """Where each bag begins among all indices."""
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {_type_of(offsets)}"
            )
        if input.dtype is tapegrad.bool:
            raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
        return np.arange(input.shape[0]) * input.shape[1]
    if input.dim() != 1:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}"
        )
    if not isinstance(offsets, Tensor):
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    if not input.dtype is offsets.dtype is tapegrad.int64:
        _check_indices(tapegrad.promote_types(input.dtype, offsets.dtype))
    return offsets._array


def _type_of(offsets: object) -> str:
    return "<class 'torch.Tensor'>" if isinstance(offsets, Tensor) else str(type(offsets))


def _check_mode(mode: str, by_freq: bool, sparse: bool, samples: Tensor | None) -> None:
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if samples is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )


_TAIL = "(while checking arguments for embedding_bag)"


def _flat(samples: Tensor | None) -> Tensor | None:
    return samples if samples is None or samples.ndim == 1 else samples.reshape(-1)


def _check_indices(dtype: tapegrad.dtype) -> None:
    if dtype not in (tapegrad.int64, tapegrad.int32):
        name = tapegrad.typename(tapegrad.empty(0, dtype=dtype))
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {name} instead {_TAIL}"
        )


def _check_dtypes(input: Tensor, weight: Tensor) -> None:
    _check_indices(input.dtype)
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: "
            f"Half, BFloat16, Float, Double; but got {cpu_type_name(weight)} instead {_TAIL}"
        )


def _check_factors(input: Tensor, weight: Tensor, samples: Tensor, mode: int) -> None:
    """Refuse factors of the rows that are not one number each, of the rows' dtype."""
    if mode != SUM:
        raise RuntimeError("embedding_bag: per_sample_weights only supported with mode='sum'")
    if samples.dtype is not weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument "
            f"#1 'per_sample_weights'; but type {tapegrad.typename(weight)} does not equal "
            f"{cpu_type_name(samples)} {_TAIL}"
        )
    for what, holds in (
        ("dim() == 1", samples.ndim == 1),
        ("numel() == indices.numel()", samples.numel() == input.numel()),
    ):
        if not holds:
            raise RuntimeError(
                f"Expected per_sample_weights.value().{what} to be true, but got false.  (Could "
                "this error message be improved?  If so, please report an enhancement request to "
                "PyTorch.)"
            )


def _check_ends(starts: np.ndarray, n: int) -> None:
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {starts[0]}"
        )
    if starts.size and starts[-1] > n:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {n} but got offsets[-1] of "
            f"{starts[-1]}"
        )


def _check_rows(index: np.ndarray, n_rows: int, says_where: bool) -> None:
    is_outside = (index < 0) | (index >= n_rows)
    if not bool(is_outside.any()):
        return
    place = int(np.argmax(is_outside))
    if says_where:
        raise RuntimeError(
            f"Index {place} of input takes value {index[place]} which is not in the valid range "
            f"[0, {n_rows})"
        )
    raise RuntimeError(
        "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be "
        f"{index[place]}"
    )


def _wrap_padding(padding_idx: int | None, weight: Tensor) -> int:
    if padding_idx is None:
        return -1
    n_rows = weight.shape[0]
    if not -n_rows <= padding_idx < n_rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, -{n_rows} through {n_rows - 1}, "
            f"but got {padding_idx}"
        )
    return padding_idx % n_rows
