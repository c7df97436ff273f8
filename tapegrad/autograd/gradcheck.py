"""Check derivatives against finite differences: `gradcheck` and `gradgradcheck`.

A Jacobian has the shape ``(input elements, output elements)``, as in PyTorch's messages. All
arithmetic on Jacobians is NumPy's, so that the check does not rely on what it checks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd.function import Function

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

# The seed of a fresh torch.Generator, cut to the 32 bits that seed a Mersenne Twister: fast mode
# projects on PyTorch's directions and leaves the user's random numbers alone.
_DIRECTION_SEED = 67280421310721 & 0xFFFFFFFF

_NONDETERMINISM_HINT = """\n
NOTE: If your op relies on non-deterministic operations i.e., it is listed here:
https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
this failure might be expected.

If you are adding a new operator, please file an issue and then use one of the
workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.
If the test
- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck
  with `nondet_tol=<tol>` as a keyword argument.
- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test
  to have `gradcheck_nondet_tol=<tol>`.
- is a Module test (e.g., in common_nn.py), then modify the corresponding
  module_test entry to have `gradcheck_nondet_tol=<tol>`
"""

_SLOW_MODE_PASSES_HINT = """
Fast gradcheck failed but element-wise differences are small. This means that the
test might've passed in slow_mode!

If you are adding a new operator, please file an issue and then use one of the
workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck:

If the test
- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck
  with `fast_mode=False` as a keyword argument.
- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test
  to have `gradcheck_fast_mode=False`
- is a Module test (e.g., in common_nn.py), then modify the corresponding
  module_test entry to have `gradcheck_fast_mode=False`
""".strip()


class GradcheckError(RuntimeError):
    """A derivative is not what finite differences say, or a backward function misbehaves."""


class _UndefinedGrad(Function):
    """The identity, whose backward leaves the gradient undefined."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> None:
        return None


@dataclass(frozen=True)
class _Check:
    """One function at one point, and how closely its derivatives have to agree there."""

    func: Callable[..., Any]
    inputs: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_grad_dtypes: bool

    @property
    def wanted(self) -> list[Tensor]:
        """The inputs with respect to which the derivatives are checked."""
        return _requiring_grad(self.inputs)

    def evaluate(self) -> tuple[Tensor, ...]:
        return _as_tuple(self.func(*self.inputs))

    def differentiable_outputs(self) -> list[Tensor]:
        return [out for out in self.evaluate() if out.requires_grad]

    def checked_outputs(self) -> list[Tensor]:
        """Copies of what must agree: outputs that require grad, or floating ones if none does."""
        outputs = self.evaluate()
        checked = [out for out in outputs if out.requires_grad]
        checked = checked or [out for out in outputs if out.is_floating_point()]
        return [out.detach().clone() for out in checked]

    def agrees(self, analytical: Any, numerical: Any, atol: float) -> bool:
        return bool(np.allclose(analytical, numerical, rtol=self.rtol, atol=atol))


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
    check = _Check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, check_grad_dtypes)
    _require_inputs(check.inputs)
    try:
        _run(check, fast_mode, check_undefined_grad)
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
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = [out for out in _as_tuple(func(*inputs)) if out.requires_grad]
        grad_outputs = [_random_grad_output(out, gen_non_contig_grad_outputs) for out in outputs]

    return gradcheck(
        _gradient_function(func, len(inputs)),
        inputs + _as_tuple(grad_outputs),
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
        outputs = [out for out in _as_tuple(func(*inputs)) if out.requires_grad]
        if not outputs:
            raise ValueError("gradgradcheck expects at least one output to require gradient")
        wanted = _requiring_grad(inputs)
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
    return _tensor(values[..., 1::2] if is_spaced else values).requires_grad_()


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _requiring_grad(values: Iterable[Any]) -> list[Tensor]:
    return [x for x in values if isinstance(x, Tensor) and x.requires_grad]


def _tensor(values: Any) -> Tensor:
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
        raise NotImplementedError("gradcheck cannot check batched gradients: there is no vmap")
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


def _run(check: _Check, is_fast: bool, check_undefined_grad: bool) -> None:
    all_outputs = check.evaluate()
    outputs = [out for out in all_outputs if out.requires_grad]
    if not outputs:
        _require_constant(check, all_outputs, is_fast)
        return
    if is_fast:
        _compare_projections(check, outputs)
    else:
        _compare_jacobians(check, outputs)
    _require_zero_for_zero(check, outputs)
    if check_undefined_grad:
        _require_zero_for_undefined(check, len(outputs))


def _slopes(check: _Check, x: Tensor, index: Any, step: Any) -> list[np.ndarray]:
    """The central difference of each checked output, flat, when ``x[index]`` moves by ``step``.

    It writes through NumPy because the graph of a second derivative needs ``x`` itself, and the
    tape must not take the perturbation for a change of what it saved.
    """
    values = x.detach().numpy()
    centre = values[index].copy()
    try:
        values[index] = centre - step
        low = check.checked_outputs()
        values[index] = centre + step
        high = check.checked_outputs()
    finally:
        values[index] = centre
    where = "" if index is ... else f"on index {index} "
    return [_slope(a, b, check.eps, where) for a, b in zip(low, high, strict=True)]


@np.errstate(invalid="ignore")
def _slope(low: Tensor, high: Tensor, eps: float, where: str) -> np.ndarray:
    if low.shape != high.shape:
        raise AssertionError(
            "Expected `func` to return outputs with the same shape"
            f" when inputs are perturbed {where}by {eps}, but got:"
            f" shapes {low.shape} and {high.shape}."
        )
    if low.dtype != high.dtype:
        raise AssertionError(
            "Expected `func` to return outputs with the same dtype"
            f" when inputs are perturbed {where}by {eps}, but got:"
            f" dtypes {low.dtype} and {high.dtype}."
        )
    return (high.numpy() - low.numpy()).ravel() / (2 * eps)


def _numerical_jacobians(check: _Check, x: Tensor, outputs: Sequence[Tensor]) -> list[np.ndarray]:
    """The Jacobian of each checked output with respect to one input, a row for each element."""
    jacobians = [np.zeros((x.numel(), out.numel()), _numpy_dtype(out)) for out in outputs]
    for row, index in enumerate(np.ndindex(*x.shape)):
        for jacobian, slope in zip(jacobians, _slopes(check, x, index, check.eps), strict=True):
            jacobian[row] = slope
    return jacobians


def _numpy_dtype(t: Tensor) -> np.dtype:
    return t.detach().numpy().dtype


def _basis(out: Tensor) -> np.ndarray:
    """The output gradients that pick the elements of ``out`` one by one."""
    return np.eye(out.numel(), dtype=_numpy_dtype(out)).reshape(out.numel(), *out.shape)


def _backward(check: _Check, out: Tensor, seeds: Any) -> list[np.ndarray]:
    """For each wanted input the products of its Jacobian with the seeds, as columns."""
    wanted = check.wanted
    products = [np.zeros((x.numel(), len(seeds)), _numpy_dtype(x)) for x in wanted]
    for k, seed in enumerate(seeds):
        gradients = tapegrad.autograd.grad(
            out, wanted, _tensor(seed), retain_graph=True, allow_unused=True
        )
        for x, gradient, columns in zip(wanted, gradients, products, strict=True):
            if gradient is not None:
                _require_fitting(check, gradient, x)
                columns[:, k] = gradient.detach().numpy().ravel()
    return products


def _require_fitting(check: _Check, gradient: Tensor, x: Tensor) -> None:
    if check.check_grad_dtypes and gradient.dtype != x.dtype:
        raise GradcheckError("Gradient has dtype mismatch")
    if gradient.shape != x.shape:
        raise GradcheckError("Analytical gradient has incorrect size")


@np.errstate(invalid="ignore")
def _largest_difference(a: np.ndarray, b: np.ndarray | float) -> float:
    return float(np.abs(a - b).max(initial=0.0))


def _repeatable_backward(check: _Check, out: Tensor, seeds: Any) -> list[np.ndarray]:
    first, second = _backward(check, out, seeds), _backward(check, out, seeds)
    for a, b in zip(first, second, strict=True):
        if _largest_difference(a, b) > check.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with "
                "same input and grad_output multiple times gives different values, "
                "although analytical gradient matches numerical gradient."
                f"The tolerance for nondeterminism was {check.nondet_tol}." + _NONDETERMINISM_HINT
            )
    return first


def _require_constant(check: _Check, all_outputs: Sequence[Tensor], is_fast: bool) -> None:
    """Outputs that do not require grad must not depend on inputs that do."""
    floating = [out for out in all_outputs if out.is_floating_point()]
    for x in check.wanted:
        if is_fast:
            (direction,) = _directions([x])
            slopes = _slopes(check, x, ..., check.eps * direction.reshape(x.shape))
        else:
            slopes = _numerical_jacobians(check, x, floating)
        tolerance = check.nondet_tol if is_fast else 0.0
        if any(_largest_difference(slope, 0.0) > tolerance for slope in slopes):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def _mismatch(output_index: int, input_index: int, numerical: Any, analytical: Any) -> str:
    return (
        f"Jacobian mismatch for output {output_index} with respect to input {input_index},\n"
        f"numerical:{numerical}\nanalytical:{analytical}\n"
    )


def _compare_jacobians(check: _Check, outputs: Sequence[Tensor]) -> None:
    """Slow mode: every element of every Jacobian."""
    numerical = [_numerical_jacobians(check, x, outputs) for x in check.wanted]
    for j, out in enumerate(outputs):
        for i, a in enumerate(_repeatable_backward(check, out, _basis(out))):
            n = numerical[i][j]
            if not check.agrees(a, n, check.atol):
                raise GradcheckError(_mismatch(j, i, _tensor(n), _tensor(a)))


def _directions(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    """A random vector of length one for each tensor, from PyTorch's stream of float32 numbers."""
    stream = np.random.RandomState(_DIRECTION_SEED)
    directions = []
    for t in tensors:
        bits = np.frombuffer(stream.bytes(4 * t.numel()), "<u4") & 0xFFFFFF
        direction = (bits * 2.0**-24).astype(_numpy_dtype(t))
        directions.append(direction / np.linalg.norm(direction) if direction.size else direction)
    return directions


def _compare_projections(check: _Check, outputs: Sequence[Tensor]) -> None:
    """Fast mode: ``vᵀ J u``, with ``J u`` from differences and with ``vᵀ J`` from backward."""
    wanted = check.wanted
    directions = _directions([*wanted, *outputs])
    us, vs = directions[: len(wanted)], directions[len(wanted) :]
    steps = [check.eps * u.reshape(x.shape) for x, u in zip(wanted, us, strict=True)]
    slopes = [_slopes(check, x, ..., step) for x, step in zip(wanted, steps, strict=True)]
    products = [
        _repeatable_backward(check, out, [v.reshape(out.shape)])
        for out, v in zip(outputs, vs, strict=True)
    ]
    for (i, u), (j, v) in product(enumerate(us), enumerate(vs)):
        n, a = float(np.sum(v * slopes[i][j])), float(products[j][i][:, 0] @ u)
        # As much slack as element-wise slack of atol adds up to in the projection.
        if not check.agrees(a, n, check.atol * float(u.sum()) * float(v.sum())):
            details = _slow_mode_details(check, outputs, i, j)
            raise GradcheckError(_mismatch(j, i, n, a) + details)


def _slow_mode_details(check: _Check, outputs: Sequence[Tensor], i: int, j: int) -> str:
    """Both Jacobians of output ``j`` with respect to the wanted input ``i``, as text."""
    numerical = _numerical_jacobians(check, check.wanted[i], outputs)[j]
    analytical = _backward(check, outputs[j], _basis(outputs[j]))[i]
    text = (
        "\nThe above quantities relating the numerical and analytical jacobians are computed \n"
        "in fast mode. See: https://github.com/pytorch/pytorch/issues/53876 for more background \n"
        "about fast mode. Below, we recompute numerical and analytical jacobians in slow mode:\n\n"
        f"Numerical:\n {_tensor(numerical)}\n"
        f"Analytical:\n{_tensor(analytical)}\n\n"
        "The max per-element difference (slow mode) is: "
        f"{_largest_difference(numerical, analytical)}.\n"
    )
    passes = check.agrees(analytical, numerical, check.atol)
    return text + _SLOW_MODE_PASSES_HINT if passes else text


def _is_zero(gradient: Tensor) -> bool:
    return not np.any(gradient.detach().numpy() != 0)


def _require_zero_for_zero(check: _Check, outputs: Sequence[Tensor]) -> None:
    zeros = [tapegrad.zeros_like(out) for out in outputs]
    wanted = check.wanted
    gradients = tapegrad.autograd.grad(outputs, wanted, zeros, allow_unused=True)
    for gradient, x in zip(gradients, wanted, strict=True):
        if gradient is None:
            continue
        if not _is_zero(gradient):
            raise GradcheckError("backward not multiplied by grad_output")
        if gradient.dtype != x.dtype:
            raise GradcheckError("grad is incorrect type")
        if gradient.shape != x.shape:
            raise GradcheckError("grad is incorrect size")


def _require_zero_for_undefined(check: _Check, n_outputs: int) -> None:
    """All output gradients undefined at once, then, if there are several, each alone."""
    everything = set(range(n_outputs))
    alone = [{k} for k in everything] if n_outputs > 1 else []
    for undefined in [everything, *alone]:
        outputs = check.differentiable_outputs()
        _require_zero_gradients(
            check,
            [_UndefinedGrad.apply(o) if k in undefined else o for k, o in enumerate(outputs)],
        )


def _require_zero_gradients(check: _Check, outputs: Sequence[Tensor]) -> None:
    zeros = [tapegrad.zeros_like(out) for out in outputs]
    try:
        gradients = tapegrad.autograd.grad(outputs, check.wanted, zeros, allow_unused=True)
    except RuntimeError as error:
        _warn_of_undefined_check()
        raise GradcheckError(
            "Expected backward function to handle undefined output grads. "
            'Please look at "Notes about undefined output gradients" in '
            '"tools/autograd/derivatives.yaml"'
        ) from error
    if not all(gradient is None or _is_zero(gradient) for gradient in gradients):
        _warn_of_undefined_check()
        raise GradcheckError(
            "Expected all input grads to be undefined or zero when all output grads are undefined "
            'or zero. Please look at "Notes about undefined output gradients" in '
            '"tools/autograd/derivatives.yaml"'
        )


def _warn_of_undefined_check() -> None:
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking "
        "feature is enabled by default, but it may break existing callers "
        "of this function. If this is true for you, you can call this "
        'function with "check_undefined_grad=False" to disable the feature',
        stacklevel=2,
    )
