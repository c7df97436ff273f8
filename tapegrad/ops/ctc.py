"""Connectionist temporal classification: sequences of labels without their places in time."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import op
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.loss import MEAN, SUM
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.tensor_types import type_name


def _ctc(log_probs, labels, lengths, blank, zero_infinity):
    by_sample = kernels.moved(log_probs, 1, 0)
    n, n_times, _ = by_sample.shape
    shapes = ((n,), (n, n_times, 2 * labels.shape[1] + 1))
    return kernels.outputs(OURS["ctc_loss"], (by_sample, labels, lengths), shapes, (blank, 0))


def _ctc_slope(g_out, log_probs, labels, lengths, loss, alpha, blank, zero_infinity):
    by_sample = kernels.moved(log_probs, 1, 0)
    n, _, n_states = alpha.shape
    inputs = (by_sample, labels, lengths, alpha, loss, g_out)
    shapes = (by_sample.shape, (n, 2, n_states))
    params = (blank, int(zero_infinity))
    gradient, _ = kernels.outputs(OURS["ctc_loss_backward"], inputs, shapes, params)
    return kernels.contiguous(kernels.moved(gradient, 0, 1))


def _no_second_derivative() -> None:
    raise RuntimeError("derivative for aten::_ctc_loss_backward is not implemented")


ctc_loss_backward = op(
    "ctc_loss_backward",
    forward=_ctc_slope,
    grad_name="NotImplemented",
    g_out=lambda: _no_second_derivative(),
    log_probs=lambda: _no_second_derivative(),
    doc="The gradient of ctc_loss by the scores whose log-softmax is given.",
)
ctc_loss_op = op(
    "ctc_loss",
    forward=_ctc,
    outputs=("loss", "alpha"),
    log_probs=lambda g, log_probs, labels, lengths, loss, alpha, blank, zero_infinity: (
        ctc_loss_backward(
            g, log_probs, labels, lengths, loss.detach(), alpha.detach(), blank, zero_infinity
        )
    ),
    doc="Minus the log-probability of each label sequence, and of all its beginnings.",
)


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths, target_lengths, blank: int = 0,
    reduction: int = MEAN, zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Minus the log-probability of label sequences, summed over all their spreads over time.

    Shape: ``(times, batch, labels)``, targets ``(batch, longest)`` or all in one row, both lengths
    ``(batch)``; or without ``batch``. Source: Graves et al. 2006.
    """
    if isinstance(input_lengths, Tensor) is not isinstance(target_lengths, Tensor):
        raise TypeError("ctc_loss() takes both lengths as tensors or as numbers")
    is_batched = log_probs.ndim != 2
    if not is_batched:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.ndim == 1 else targets
    lengths = [
        _lengths(name, given)
        for name, given in (("input_lengths", input_lengths), ("target_lengths", target_lengths))
    ]
    _check_scores(log_probs, targets, lengths, blank)
    labels = _label_matrix(log_probs, targets._array, lengths)
    pairs = Tensor._wrap(np.stack(lengths, 1))
    losses, _ = ctc_loss_op(log_probs, Tensor._wrap(labels), pairs, blank, zero_infinity)
    if zero_infinity:
        losses = where_op(losses == np.inf, 0.0, losses)
    if reduction == MEAN:
        counts = np.maximum(lengths[1], 1).astype(log_probs.dtype.numpy)
        return (losses / Tensor._wrap(counts)).mean()
    if reduction == SUM:
        return losses.sum()
    return losses if is_batched else losses.squeeze(0)


def _lengths(name: str, given) -> np.ndarray:
    if isinstance(given, Tensor):
        if given.dtype.numpy.kind not in "iu":
            raise RuntimeError(f"{name} must be integral")
        given = given._array
    else:
        given = sizes_of("ctc_loss", (given,), name=name)
    return np.array(given, np.int64).reshape(-1)


_CHECKING = "(while checking arguments for ctc_loss_allocate_outputs)"


def _check_scores(log_probs: Tensor, targets: Tensor, lengths: list, blank: int) -> None:
    if log_probs.numel() == 0:
        raise RuntimeError("log_probs tensor must not be empty")
    if log_probs.ndim == 0:     # where PyTorch puts a batch in
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if log_probs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {_n_dims(log_probs)}-dimensional tensor for "
            f"argument #1 'log_probs' {_CHECKING}"
        )
    n_times, n_batch, n_labels = log_probs.shape
    if not 0 <= blank < n_labels:
        raise RuntimeError("blank must be in label range")
    for name, given in zip(("input_lengths", "target_lengths"), lengths, strict=True):
        if given.size != n_batch:
            raise RuntimeError(f"{name} must be of size batch_size")
    if targets.ndim not in (1, 2):
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for argument "
            f"#2 'targets' {_CHECKING}"
        )
    if targets.ndim == 2 and targets.shape[0] != n_batch:
        _refuse_targets(n_batch, 0, targets.shape[0])
    for name, given, most in (
        ("input_lengths", lengths[0], n_times), ("target_lengths", lengths[1], None)
    ):  # fmt: skip
        if given.size and given.min() < 0:
            raise RuntimeError(
                f"Expected {name} to have value at least 0, but got value {given.min()} {_CHECKING}"
            )
        if most is not None and given.max() > most:
            raise RuntimeError(
                f"Expected {name} to have value at most {most}, but got value {given.max()} "
                f"{_CHECKING}"
            )
    refuse_integers("ctc_loss_cpu", log_probs._array)
    if log_probs.dtype not in (_types.float32, _types.float64):
        name = type_name(log_probs)
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{name}'")


def _n_dims(log_probs: Tensor) -> int:
    """The number that PyTorch's text gives: it counts the batch that it has put in."""
    return log_probs.ndim + (log_probs.ndim != 2)


def _refuse_targets(expected: int, dim: int, found: int, at_least: bool = False) -> None:
    much = "at least " if at_least else ""
    raise RuntimeError(
        f"Expected tensor to have size {much}{expected} at dimension {dim}, but got size {found} "
        f"for argument #2 'targets' {_CHECKING}"
    )


def _label_matrix(log_probs: Tensor, targets: np.ndarray, lengths: list) -> np.ndarray:
    """A row of labels for each sample, filled up with zeros."""
    counts = lengths[1]
    longest = int(counts.max())
    is_used = np.arange(longest) < counts[:, None]
    if targets.ndim == 1:
        if targets.size != counts.sum():
            _refuse_targets(int(counts.sum()), 0, targets.size)
        labels = np.zeros(is_used.shape, np.int64)
        labels[is_used] = targets
    else:
        if targets.shape[1] < longest:
            _refuse_targets(longest, 1, targets.shape[1], at_least=True)
        labels = np.where(is_used, targets[:, :longest], 0).astype(np.int64)
    if labels.size and not bool(((labels >= 0) & (labels < log_probs.shape[2])).all()):
        raise RuntimeError(f"ctc_loss: targets must be labels, from 0 to {log_probs.shape[2] - 1}")
    return labels
