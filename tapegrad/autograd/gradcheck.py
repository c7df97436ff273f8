"""Check derivatives against finite differences: `gradcheck` and `gradgradcheck`.

The comparison itself is loaded when it is first asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A derivative is not what finite differences say, or a backward function misbehaves."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of ``func`` at ``inputs`` with central differences.

    For every element, ``|analytical - numerical| <= atol + rtol * |numerical|``, where
    ``numerical = (func(x + eps) - func(x - eps)) / (2 * eps)``; inputs that require grad should be
    of float64. Also checked: that running backward twice gives the same up to ``nondet_tol``, that
    zero output gradients give zero, and with ``check_undefined_grad`` that undefined ones do too.

    ``fast_mode`` compares one projection ``vᵀ J u`` on random directions instead of all of ``J``.
    Returns ``True``, or raises `GradcheckError`; ``False`` if ``raise_exception`` is off.
    Batched and forward-mode derivatives are not supported; ``masked`` concerns sparse tensors only.
    """
    _refuse_modes(
        check_forward_ad, check_backward_ad, check_batched_grad, check_batched_forward_grad
    )
    inputs = as_tuple(inputs)
    _require_inputs(inputs)
    jacobians = import_module("tapegrad.autograd._jacobians")
    check = jacobians.Check(func, inputs, eps, atol, rtol, nondet_tol, check_grad_dtypes)
    try:
        jacobians.run(check, fast_mode, check_undefined_grad)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of the gradients of ``func`` with central differences.

    It is `gradcheck` of ``(inputs, grad_outputs) -> gradients``. Without ``grad_outputs`` they are
    drawn from ``[-1, 1)``, not contiguous if ``gen_non_contig_grad_outputs`` is set.
    """
    _refuse_second_order_modes(
        check_fwd_over_rev, check_rev_over_rev, check_undefined_grad, check_batched_grad
    )
    inputs = as_tuple(inputs)
    if grad_outputs is None:
        outputs = [out for out in as_tuple(func(*inputs)) if out.requires_grad]
        grad_outputs = [_random_grad_output(out, gen_non_contig_grad_outputs) for out in outputs]

    return gradcheck(
        _gradient_function(func, len(inputs)),
        inputs + as_tuple(grad_outputs),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _gradient_function(func: Callable[..., Any], n_inputs: int) -> Callable[..., Any]:
    """``(*inputs, *grad_outputs) -> gradients`` of the inputs that require grad."""

    def gradients(*args: Any) -> tuple[Tensor, ...]:
        inputs, grad_outputs = args[:n_inputs], args[n_inputs:]
        outputs = [out for out in as_tuple(func(*inputs)) if out.requires_grad]
        if not outputs:
            raise ValueError("gradgradcheck expects at least one output to require gradient")
        wanted = requiring_grad(inputs)
        found = tapegrad.autograd.grad(
            outputs, wanted, grad_outputs, create_graph=True, allow_unused=True
        )
        return tuple(g for g in found if g is not None)

    return gradients


def _random_grad_output(out: Tensor, is_spaced: bool) -> Tensor:
    shape = tuple(out.shape)
    is_spaced = is_spaced and out.numel() > 1
    if is_spaced:
        shape = (*shape[:-1], 2 * shape[-1])
    values = tapegrad.rand(shape, dtype=out.dtype).numpy() * 2 - 1
    return as_tensor(values[..., 1::2] if is_spaced else values).requires_grad_()


def as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def requiring_grad(values: Iterable[Any]) -> list[Tensor]:
    return [x for x in values if isinstance(x, Tensor) and x.requires_grad]


def as_tensor(values: Any) -> Tensor:
    return tapegrad.from_numpy(np.asarray(values))


def _refuse_modes(
    forward_ad: bool, backward_ad: bool, batched_grad: bool, batched_forward_grad: bool
) -> None:
    if not (forward_ad or backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if batched_grad and not backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if batched_forward_grad and not forward_ad:
        raise AssertionError(
            "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
        )
    if batched_grad or batched_forward_grad:
        raise NotImplementedError(
            "gradcheck cannot check batched gradients: batches are swept one by one"
        )
    if forward_ad:
        raise NotImplementedError("gradcheck checks reverse mode only: there is no forward mode")


def _refuse_second_order_modes(
    fwd_over_rev: bool, rev_over_rev: bool, undefined_grad: bool, batched_grad: bool
) -> None:
    if not (fwd_over_rev or rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    if undefined_grad and not rev_over_rev:
        raise AssertionError(
            "Setting check_undefined_grad=True requires check_rev_over_rev to be True"
        )
    if batched_grad and not rev_over_rev:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_rev_over_rev to be True"
        )


def _require_inputs(inputs: Sequence[Any]) -> None:
    wanted = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    for i, x in wanted:
        _require_suitable(i, x)
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, "
            "but none of them have requires_grad=True."
        )


def _require_suitable(position: int, x: Tensor) -> None:
    if x.dtype != tapegrad.float64:
        warnings.warn(
            f"Input #{position} requires gradient and "
            "is not a double precision floating point or complex. "
            "This check will likely fail if all the inputs are "
            "not of double precision floating point or complex. ",
            stacklevel=4,
        )
    strides = zip(x.stride(), x.shape, strict=True)
    if x.numel() and any(step == 0 and size > 1 for step, size in strides):
        raise RuntimeError(
            f"The {position}th input has a dimension with stride 0. gradcheck only "
            "supports inputs that are non-overlapping to be able to "
            "compute the numerical gradients correctly. You should call "
            ".contiguous on the input before passing it to gradcheck."
        )
