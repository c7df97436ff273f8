"""Keeping gradients small: by the norm of all of them, or value by value."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.ops.linalg.norms import vector_norm
from tapegrad.ops.reduce import vector_norm_op

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
]

_Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: _Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: _Tensors) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def get_total_norm(
    tensors: _Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of several tensors, as if they were one vector.

    ``(sum |x|**norm_type) ** (1/norm_type)``; ``inf`` gives the largest magnitude. ``foreach``
    changes nothing. Raises RuntimeError for a norm that is not finite if ``error_if_nonfinite``.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.get_total_norm.html
    """
    norm_type = float(norm_type)
    tensors = _listed(tensors)
    if not tensors:
        return tapegrad.tensor(0.0)
    with tapegrad.no_grad():
        norms = [_norm(tensor, norm_type) for tensor in tensors]
        total = vector_norm(tapegrad.stack(norms), norm_type)
        if error_if_nonfinite and not total.isfinite():
            raise RuntimeError(
                f"The total norm of order {norm_type} for gradients from `parameters` is "
                "non-finite, so it cannot be clipped. To disable this error and scale the "
                "gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
            )
    return total


def _norm(tensor: Tensor, norm_type: float) -> Tensor:
    if norm_type == math.inf and tensor.numel() == 0:
        raise RuntimeError(
            "_foreach_norm cannot compute the infinity norm on an empty tensor because the "
            "operation does not have an identity"
        )
    if norm_type > 0 and tensor.is_floating_point():  # nothing to refuse
        return vector_norm_op(tensor, norm_type, tuple(range(tensor.ndim)), False)
    return vector_norm(tensor, norm_type)


def clip_grads_with_norm_(
    parameters: _Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients in place by ``min(1, max_norm / (total_norm + 1e-6))``.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.clip_grads_with_norm_.html
    """
    _scale(_gradients(parameters), float(max_norm), total_norm)


def _scale(grads: list[Tensor], max_norm: float, total_norm: Tensor) -> None:
    with tapegrad.no_grad():
        scale = tapegrad.clamp(max_norm / (total_norm + 1e-6), max=1.0)
        if scale.item() != 1.0:  # a pass over memory that would change nothing
            for grad in grads:
                grad.mul_(scale)


def clip_grad_norm_(
    parameters: _Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients in place so that their total norm is at most ``max_norm``.

    Returns the norm that they had; see :func:`get_total_norm`.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.clip_grad_norm_.html
    """
    listed = _listed(parameters)
    if not listed and isinstance(parameters, GeneratorType):
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    grads = _gradients(listed)
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    _scale(grads, float(max_norm), total)
    return total


def clip_grad_norm(
    parameters: _Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The deprecated name of :func:`clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(
    parameters: _Tensors, clip_value: float, foreach: bool | None = None
) -> None:
    """Cut every element of the gradients off at ``±clip_value``, in place.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.clip_grad_value_.html
    """
    clip_value = float(clip_value)
    with tapegrad.no_grad():
        for grad in _gradients(parameters):
            grad.clamp_(-clip_value, clip_value)
