"""The cross entropy of a linear map's scores."""

from __future__ import annotations

import re
import warnings
from typing import Any, Literal, NamedTuple

import tapegrad
from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.classification import cross_entropy
from tapegrad.nn.functional.reduction import get_enum

_RATIO = re.compile(r"aspect_ratio(:0*[1-9][0-9]*)?")
_POLICIES = ("accurate", "balanced", "compact", "auto")
_DTYPES = (None, tapegrad.float16, tapegrad.float32, tapegrad.float64)


class _Options(NamedTuple):
    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: Literal["accurate", "balanced", "compact", "auto"] = "auto"
    acc_dtype: Any = None


class LinearCrossEntropyOptions(_Options):
    """How PyTorch cuts ``linear_cross_entropy`` into chunks. Here they change no number.

    Raises ValueError for what PyTorch refuses.
    """

    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> LinearCrossEntropyOptions:
        """Take the options and check them."""
        options = super().__new__(cls, *args, **kwargs)
        options._check()
        return options

    def _check(self) -> None:
        method = self.chunking_method
        if method not in ("auto", None) and not _RATIO.fullmatch(method):
            raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        if self.batch_chunk_size is not None and self.batch_chunk_size <= 0:
            raise ValueError(
                f"batch_chunk_size must be positive int or None, got {self.batch_chunk_size}"
            )
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if not any(self.acc_dtype is dtype for dtype in _DTYPES):
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, "
                f"torch.float64}}, got {self.acc_dtype}. Pass acc_dtype=None to let the op pick "
                "automatically."
            )


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target)``.

    Shape: input ``(batch, in)`` or ``(in)``, weight ``(classes, ..., in)``, bias without ``in``,
    target as in ``cross_entropy``.
    """
    get_enum(reduction)
    _check_map(input, linear_weight, linear_bias)
    is_soft = target.shape == (*input.shape[:-1], *linear_weight.shape[:-1])
    if is_soft and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if options is not None:
        _warn_of_options(linear_weight, target, linear_bias, reduction, label_smoothing)
    scores = _scores(input, linear_weight, linear_bias)
    return cross_entropy(
        scores,
        target,
        weight=weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def _check_map(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if weight.dim() < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {weight.dim()}"
        )
    n, n_weight = input.shape[-1], weight.shape[-1]
    if n != n_weight:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{n} and {n_weight}, respectively"
        )
    if weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires "
            f"batched input, (N, {n}), got unbatched input with shape {_shown(input.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(
            f"expected linear_bias shape {_shown(weight.shape[:-1])}, got {_shown(bias.shape)}"
        )


def _shown(shape: Any) -> str:
    return str(tuple(shape))


def _scores(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if weight.dim() == 2:
        return ops.linear(input, weight, bias)
    flat = weight.reshape(-1, weight.shape[-1])
    scores = ops.linear(input, flat, None if bias is None else bias.reshape(-1))
    return scores.reshape(input.shape[0], *weight.shape[:-1])


def _warn_of_options(
    weight: Tensor, target: Tensor, bias: Tensor | None, reduction: str, smoothing: float
) -> None:
    if weight.dim() == 2 and target.dtype is tapegrad.int64 and smoothing == 0:
        return
    warnings.warn(
        "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in "
        "{'mean','sum','none'}, label_smoothing == 0, target.dtype == int64, out_features == (). "
        f"Got reduction={reduction!r}, label_smoothing={smoothing}, target.dtype={target.dtype}, "
        f"out_features={_shown(weight.shape[1:-1])}, tracing=False, "
        f"linear_bias.shape={None if bias is None else _shown(bias.shape)}.",
        stacklevel=3,
    )
