"""Losses that compare class scores with classes."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import int64
from tapegrad.nn._call import ClassLoss
from tapegrad.nn._front import front
from tapegrad.nn.functional.reduction import NUMBERS, apply, reduction_number
from tapegrad.ops import nll
from tapegrad.ops._arguments import check_tensor, check_tensors, refuse_integers
from tapegrad.ops._declare import calls
from tapegrad.ops._refusal import refusal
from tapegrad.ops.activation import log_softmax, log_softmax_op
from tapegrad.ops.loss import div_by_count
from tapegrad.ops.tensor_types import type_name


@calls("nll_loss_nd", "input", "target", "weight", NUMBERS["mean"], "ignore_index")
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood ``-weight[y] · x[y]`` of classes ``y`` under log-probabilities
    ``x``.

    Targets equal to ``ignore_index`` do not count; the mean is over the weights of the others.
    Shape: ``(classes,)``, ``(batch, classes)`` or ``(batch, classes, ...)`` with targets of the
    same shape without ``classes``.
    """
    return _nll(
        input, target, weight, reduction_number(size_average, reduce, reduction), ignore_index
    )


def _nll(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int
) -> Tensor:
    if input.ndim == 2 and target.ndim == 1 and target.dtype is int64 and weight is None:
        if len(input) != len(target):
            _check_shapes(input, target)
        return nll.nll_loss_op(input, target, None, reduction, ignore_index)[0]
    _check_shapes(input, target)
    if target.dtype is not int64:
        if target.dtype is not tapegrad.uint8:
            raise RuntimeError(
                f"expected target dtype to be Long or Byte, but got {type_name(target)}"
            )
        target = target.to(tapegrad.int64)
    if weight is not None:
        _check_class_weight(input, weight)
    if input.ndim == 2:
        return nll.nll_loss_op(input, target, weight, reduction, ignore_index)[0]
    if input.dim() == 1:
        return nll.nll_loss(input, target.reshape(()), weight, reduction, ignore_index)
    if input.dim() == 4:
        return nll.nll_loss2d(input, target, weight, reduction, ignore_index)
    n, n_classes, *size = input.shape
    image = input.reshape(n, n_classes, 1, math.prod(size))
    places = target.reshape(n, 1, math.prod(size))
    loss = nll.nll_loss2d(image, places, weight, reduction, ignore_index)
    return loss if reduction else loss.reshape(target.shape)


def _check_shapes(input: Tensor, target: Tensor) -> None:
    n_dims = input.dim()
    if n_dims < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {n_dims})")
    size, found = list(input.shape), list(target.shape)
    if n_dims == 1:
        if found not in ([], [1]):
            raise ValueError(
                f"For 1D input, 1D target must have size 1, but got target size: {found[0]}"
            )
        return
    if not found or size[0] != found[0]:
        raise ValueError(
            f"Expected input batch_size ({size[0]}) to match target batch_size "
            f"({found[0] if found else 0})."
        )
    if [size[0], *size[2:]] != found:
        _refuse_target_shape(size, found)


def _refuse_target_shape(size: list[int], found: list[int]) -> None:
    if len(size) == 2:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(size) != 4:
        raise RuntimeError(f"Expected target size {[size[0], *size[2:]]}, got {found}")
    if len(found) != 3:
        raise RuntimeError(
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: "
            f"{len(found)}"
        )
    raise RuntimeError(f"size mismatch (got input: {size} , target: {found}")


def _check_class_weight(input: Tensor, weight: Tensor) -> None:
    n_classes = input.shape[1] if input.dim() > 1 else input.shape[0]
    if weight.dim() != 1 or weight.shape[0] != n_classes:
        if input.dim() > 2:
            raise RuntimeError("weight tensor should be defined either for all or no classes")
        raise RuntimeError(_WEIGHT_SHAPE.format(n_classes, list(weight.shape)))
    if weight.dtype is not input.dtype:
        image = "2d_forward" if input.dim() > 2 else ""
        refuse_integers(f"nll_loss{image}_out_frame", input._array)
        expected, found = type_name(input), type_name(weight)
        raise RuntimeError(f"expected scalar type {expected} but found {found}")


_WEIGHT_SHAPE = (
    "weight tensor should be defined either for all {} classes or no classes but got weight "
    "tensor of shape: {}"
)


@front(ClassLoss, nll.cross_entropy_op, NUMBERS)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross entropy of classes, or of class probabilities, with the softmax of scores.

    ``-weight[y] · log_softmax(x)[y]``, or ``-sum(weight · y · log_softmax(x))`` for a ``target`` of
    the input's shape. ``label_smoothing`` mixes the target with the uniform distribution. Shape: as
    ``nll_loss``.
    """
    how = NUMBERS.get(reduction) if size_average is None and reduce is None else None
    if how is None:
        how = reduction_number(size_average, reduce, reduction)
    try:
        n_dims = input.dim()     # which arrays do not have
        is_soft = n_dims == target.dim() and input.shape == target.shape
    except AttributeError:
        check_tensors("cross_entropy_loss", input=input, target=target)
        raise
    if weight is not None:
        check_tensor("cross_entropy_loss", "weight", weight, 3)
    class_dim = 1 if n_dims > 1 else 0
    if type(ignore_index) is not int or type(label_smoothing) is not float:
        _check_options(input, target, weight, how, ignore_index, label_smoothing)
    if is_soft:
        return _soft_cross_entropy(input, target, weight, ignore_index, how, label_smoothing)
    if label_smoothing > 0.0:
        _check_smoothing(label_smoothing)
        return _smoothed_cross_entropy(input, target, weight, ignore_index, how, label_smoothing)
    if n_dims and input.is_floating_point():
        if n_dims == 2 and target.dtype is int64:
            if target.ndim != 1 or len(input) != len(target):
                _check_shapes(input, target)
            if weight is not None:
                _check_class_weight(input, weight)
            return nll.cross_entropy_op(input, target, weight, how, ignore_index)[0]
        log_probabilities = log_softmax_op(input, class_dim)
    else:
        log_probabilities = log_softmax(input, 0 if n_dims == 1 else 1)  # which refuses it
    return _nll(log_probabilities, target, weight, how, ignore_index)


def _check_options(*options: Any) -> None:
    """Refuse, in the name of the compiled function, what is not of the kind that it takes."""
    refused = refusal("cross_entropy_loss", options, {}, is_method=False)
    if refused is not None:
        raise refused


def _check_smoothing(label_smoothing: float) -> None:
    if label_smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")


def _along_classes(weight: Tensor, x: Tensor) -> Tensor:
    """``weight`` in a shape that multiplies the class dimension of ``x``."""
    return weight.reshape([-1] + [1] * (x.dim() - 2)) if x.dim() > 1 else weight


def _soft_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: int,
    label_smoothing: float,
) -> Tensor:
    """The cross entropy with class probabilities as the target."""
    if not target.is_floating_point():
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{type_name(target)}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    class_dim = 1 if input.dim() > 1 else 0
    n_classes = input.shape[class_dim]
    if weight is not None and tuple(weight.shape) != (n_classes,):
        raise RuntimeError("cross_entropy: " + _WEIGHT_SHAPE.format(n_classes, list(weight.shape)))
    log_probabilities = log_softmax(input, class_dim)
    if label_smoothing > 0.0:
        _check_smoothing(label_smoothing)
        target = target * (1 - label_smoothing) + label_smoothing / max(n_classes, 1)
    products = log_probabilities * target
    if weight is not None:
        products = products * _along_classes(weight, input)
    if reduction == 0:
        return -products.sum(class_dim)
    total = -products.sum()
    return div_by_count(total, input.numel() / max(n_classes, 1)) if reduction == 1 else total


def _smoothed_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: int,
    label_smoothing: float,
) -> Tensor:
    """The cross entropy with classes mixed with the uniform distribution."""
    class_dim = 1 if input.dim() > 1 else 0
    log_probabilities = log_softmax(input, class_dim)
    plain = _nll(log_probabilities, target, weight, reduction, ignore_index)
    weighted = log_probabilities
    if weight is not None:
        weighted = log_probabilities * _along_classes(weight, input)
    is_ignored = target == ignore_index
    uniform = (-weighted.sum(class_dim)).masked_fill(is_ignored, 0.0)
    if reduction == 1:
        counted = target[~is_ignored]
        uniform = uniform.sum() / (counted.numel() if weight is None else weight[counted].sum())
    else:
        uniform = apply(uniform, reduction)
    return (1 - label_smoothing) * plain + uniform * (label_smoothing / input.shape[class_dim])
