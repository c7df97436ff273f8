"""Losses with a margin: what is right must lead by it."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_half, refuse_integers
from tapegrad.ops._declare import composite, op
from tapegrad.ops._dims import common_shape
from tapegrad.ops.arithmetic import neg
from tapegrad.ops.create import arange
from tapegrad.ops.loss import MEAN, NONE, _reduced, _spread, elementwise_loss
from tapegrad.ops.pointwise import sigmoid, where_op
from tapegrad.ops.tensor_types import type_name

_soft_margin_op = elementwise_loss(
    "soft_margin_loss",
    lambda x, y, _: (-y * x).exp().log1p(),
    lambda g, x, y, _: g * (-y * sigmoid(-y * x)),
    symmetric=False,
    doc="``log(1 + exp(-y x))``.",
)


def refuse_gradient(function: str, argument: str, tensor: Tensor | None) -> None:
    """Raise PyTorch's error where an argument that wants a gradient cannot have one."""
    if tensor is not None and tensor.requires_grad:
        raise RuntimeError(
            f"The function '{function}' is not differentiable with respect to argument "
            f"'{argument}'. This input cannot have requires_grad True."
        )


def soft_margin_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``log(1 + exp(-target * input))`` for targets of 1 and -1, or its mean or sum."""
    refuse_gradient("soft_margin_loss", "target", target)
    name, shape = type_name(input), input.shape
    if name == "Bool":
        neg(input)      # which refuses it
    if target.shape != shape:
        common = common_shape(shape, target.shape)
        if common != tuple(shape):
            raise RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape "
                               f"{list(common)}")
    if not input.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")
    return _soft_margin_op(input, target.to(input.dtype).expand(shape), reduction, 0.0)


# ------------------------------------------------------------------------- one right class


def _leads(input: Tensor, target: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """By how much each other class comes too close; and where the right class is."""
    is_right = arange(input.shape[1]) == target.unsqueeze(1)
    behind = input - input.gather(1, target.unsqueeze(1)) + margin
    return where_op((behind > 0) & ~is_right, behind, 0.0), is_right


def _as_rows(input: Tensor) -> Tensor:
    return input.reshape(1, -1) if input.ndim < 2 else input


def _multi_margin(input, target, p, margin, weight, reduction):
    scores, classes = input._array, target._array
    rows = scores if scores.ndim == 2 else scores.reshape(1, -1)
    losses = kernels.outputs(
        OURS["multi_margin"], (rows, classes.reshape(-1)), (rows.shape[:1],), (int(p), margin)
    )
    losses = Tensor._wrap(losses.reshape(classes.shape))
    return _reduced(losses if weight is None else losses * weight[target], reduction)


def _multi_margin_slope(g, input, target, p, margin, weight, reduction):
    rows, classes = _as_rows(input), target.reshape(-1)
    behind, is_right = _leads(rows, classes, margin)
    slope = ((behind > 0).to(rows.dtype) if p == 1 else behind * 2) / rows.shape[1]
    if weight is not None:
        slope = slope * weight[classes].unsqueeze(1)
    slope = slope - is_right.to(rows.dtype) * slope.sum(1, keepdim=True)
    return _on_rows(g, slope, reduction).reshape(input.shape)


def _on_rows(g: Tensor, slope: Tensor, reduction: int) -> Tensor:
    g = _spread(g, slope.shape[:1], reduction)
    return slope * (g.reshape(-1, 1) if reduction == NONE else g)


_multi_margin_op = op(
    "multi_margin_loss",
    forward=composite(_multi_margin),
    params=("input", "target", "p", "margin", "weight", "reduction"),
    input=lambda g, input, target, p, margin, weight, reduction: _multi_margin_slope(
        g, input, target, p, margin, weight, reduction
    ),
    doc="``sum_j max(0, margin - x[y] + x[j])^p / classes``.",
)


def multi_margin_loss(
    input, target, p: int = 1, margin: float = 1.0, weight=None, reduction: int = MEAN
) -> Tensor:
    """``sum_j weight[y] max(0, margin - x[y] + x[j])^p / classes`` over all classes j but y.

    Shape: scores ``(batch, classes)`` or ``(classes)``, classes y ``(batch)`` or ``()``.
    """
    refuse_gradient("multi_margin_loss", "weight", weight)
    _check_scores(input)
    n, n_classes = input.shape if input.ndim == 2 else (1, input.numel())
    if target.ndim > 1 or target.numel() != n:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
            f"samples (batch size). Expected target size [{n}], but got "
            f"{list(target.shape)}. Input has shape {list(input.shape)}."
        )
    if weight is not None and (weight.ndim != 1 or weight.numel() != n_classes):
        raise RuntimeError(
            f"inconsistent weight size, expected {n_classes} but got {list(weight.shape)}"
        )
    refuse_integers("multi_margin_loss_cpu_kernel", input._array)
    refuse_half("multi_margin_loss_cpu_kernel", input._array)
    _expect_dtype("Long", target)
    if weight is not None:
        _expect_dtype(type_name(input), weight)
    if not kernels.lies_within(target._array, 0, n_classes - 1):
        raise RuntimeError("target out of range")
    return _multi_margin_op(input, target, p, float(margin), weight, reduction)


def _check_scores(input: Tensor) -> None:
    is_batch = input.ndim == 2 and input.shape[1] != 0
    if not (is_batch or (input.ndim == 1 and input.shape[0] != 0) or input.ndim == 0):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )


def _lies_within(array: np.ndarray, least: int, most: int) -> bool:
    """Whether all numbers, cut to whole ones, lie between bounds."""
    if array.dtype == np.int64:
        return kernels.lies_within(array, least, most)
    return not array.size or (least <= int(array.min()) and int(array.max()) <= most)


def _expect_dtype(expected: str, tensor: Tensor) -> None:
    found = type_name(tensor)
    if found != expected:
        raise RuntimeError(f"expected scalar type {expected} but found {found}")


# ------------------------------------------------------------------------- several right classes


def _multilabel(input: Tensor, target: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each row, and its derivatives, which are constant from bend to bend."""
    rows, classes = (
        one if one.ndim == 2 else one.reshape(1, -1) for one in (input._array, target._array)
    )
    return kernels.outputs(
        OURS["multilabel_margin"], (rows, classes), (rows.shape[:1], rows.shape)
    )


def _multilabel_margin(input, target, reduction):
    losses, _ = _multilabel(input, target)
    return _reduced(Tensor._wrap(losses.reshape(input.shape[:-1])), reduction)


def _multilabel_slope(g, input, target, reduction):
    _, slope = _multilabel(input, target)
    return _on_rows(g, Tensor._wrap(slope), reduction).reshape(input.shape)


_multilabel_op = op(
    "multilabel_margin_loss",
    forward=composite(_multilabel_margin),
    params=("input", "target", "reduction"),
    input=lambda g, input, target, reduction: _multilabel_slope(g, input, target, reduction),
    doc="``sum max(0, 1 - x[right] + x[wrong]) / classes`` over all pairs of classes.",
)


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``sum max(0, 1 - x[right] + x[wrong]) / classes`` over all pairs of classes.

    The right classes stand at the front of each row of ``target``, up to the first -1. Shape: both
    ``(batch, classes)`` or ``(classes)``.
    """
    _check_scores(input)
    fits = input.numel() == target.numel() and target.ndim < 2
    if input.shape != target.shape if input.ndim == 2 else not fits:
        found, size = list(target.shape), list(input.shape)
        raise RuntimeError(f"inconsistent target size: {found} for input of size: {size}")
    n_classes = input.shape[-1] if input.ndim else 1
    if not _lies_within(target._array, -1, n_classes - 1):
        raise RuntimeError("argument #2 'target' is out of range")
    target = target.reshape(input.shape)
    refuse_integers("multilabel_margin_loss_forward_out_frame", input._array)
    _expect_dtype("Long", target)
    refuse_half("multilabel_margin_loss_forward_out_frame", input._array)
    return _multilabel_op(input, target, reduction)
