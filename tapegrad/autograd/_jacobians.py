"""How `gradcheck` compares: Jacobians, or projections of them, against finite differences.

A Jacobian has the shape ``(input elements, output elements)``, as in PyTorch's messages. All
arithmetic on Jacobians is NumPy's, so that the check does not rely on what it checks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd.function import Function
from tapegrad.autograd.gradcheck import GradcheckError, as_tensor, as_tuple, requiring_grad

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


class _UndefinedGrad(Function):
    """The identity, whose backward leaves the gradient undefined."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Check:
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
        return requiring_grad(self.inputs)

    def evaluate(self) -> tuple[Tensor, ...]:
        return as_tuple(self.func(*self.inputs))

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


def run(check: Check, is_fast: bool, check_undefined_grad: bool) -> None:
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


def _slopes(check: Check, x: Tensor, index: Any, step: Any) -> list[np.ndarray]:
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


def _numerical_jacobians(check: Check, x: Tensor, outputs: Sequence[Tensor]) -> list[np.ndarray]:
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


def _backward(check: Check, out: Tensor, seeds: Any) -> list[np.ndarray]:
    """For each wanted input the products of its Jacobian with the seeds, as columns."""
    wanted = check.wanted
    products = [np.zeros((x.numel(), len(seeds)), _numpy_dtype(x)) for x in wanted]
    for k, seed in enumerate(seeds):
        gradients = tapegrad.autograd.grad(
            out, wanted, as_tensor(seed), retain_graph=True, allow_unused=True
        )
        for x, gradient, columns in zip(wanted, gradients, products, strict=True):
            if gradient is not None:
                _require_fitting(check, gradient, x)
                columns[:, k] = gradient.detach().numpy().ravel()
    return products


def _require_fitting(check: Check, gradient: Tensor, x: Tensor) -> None:
    if check.check_grad_dtypes and gradient.dtype != x.dtype:
        raise GradcheckError("Gradient has dtype mismatch")
    if gradient.shape != x.shape:
        raise GradcheckError("Analytical gradient has incorrect size")


@np.errstate(invalid="ignore")
def _largest_difference(a: np.ndarray, b: np.ndarray | float) -> float:
    return float(np.abs(a - b).max(initial=0.0))


def _repeatable_backward(check: Check, out: Tensor, seeds: Any) -> list[np.ndarray]:
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


def _require_constant(check: Check, all_outputs: Sequence[Tensor], is_fast: bool) -> None:
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


def _compare_jacobians(check: Check, outputs: Sequence[Tensor]) -> None:
    """Slow mode: every element of every Jacobian."""
    numerical = [_numerical_jacobians(check, x, outputs) for x in check.wanted]
    for j, out in enumerate(outputs):
        for i, a in enumerate(_repeatable_backward(check, out, _basis(out))):
            n = numerical[i][j]
            if not check.agrees(a, n, check.atol):
                raise GradcheckError(_mismatch(j, i, as_tensor(n), as_tensor(a)))


def _directions(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    """A random vector of length one for each tensor, from PyTorch's stream of float32 numbers."""
    stream = np.random.RandomState(_DIRECTION_SEED)
    directions = []
    for t in tensors:
        bits = np.frombuffer(stream.bytes(4 * t.numel()), "<u4") & 0xFFFFFF
        direction = (bits * 2.0**-24).astype(_numpy_dtype(t))
        directions.append(direction / np.linalg.norm(direction) if direction.size else direction)
    return directions


def _compare_projections(check: Check, outputs: Sequence[Tensor]) -> None:
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


def _slow_mode_details(check: Check, outputs: Sequence[Tensor], i: int, j: int) -> str:
    """Both Jacobians of output ``j`` with respect to the wanted input ``i``, as text."""
    numerical = _numerical_jacobians(check, check.wanted[i], outputs)[j]
    analytical = _backward(check, outputs[j], _basis(outputs[j]))[i]
    text = (
        "\nThe above quantities relating the numerical and analytical jacobians are computed \n"
        "in fast mode. See: https://github.com/pytorch/pytorch/issues/53876 for more background \n"
        "about fast mode. Below, we recompute numerical and analytical jacobians in slow mode:\n\n"
        f"Numerical:\n {as_tensor(numerical)}\n"
        f"Analytical:\n{as_tensor(analytical)}\n\n"
        "The max per-element difference (slow mode) is: "
        f"{_largest_difference(numerical, analytical)}.\n"
    )
    passes = check.agrees(analytical, numerical, check.atol)
    return text + _SLOW_MODE_PASSES_HINT if passes else text


def _is_zero(gradient: Tensor) -> bool:
    return not np.any(gradient.detach().numpy() != 0)


def _require_zero_for_zero(check: Check, outputs: Sequence[Tensor]) -> None:
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


def _require_zero_for_undefined(check: Check, n_outputs: int) -> None:
    """All output gradients undefined at once, then, if there are several, each alone."""
    everything = set(range(n_outputs))
    alone = [{k} for k in everything] if n_outputs > 1 else []
    for undefined in [everything, *alone]:
        outputs = check.differentiable_outputs()
        _require_zero_gradients(
            check,
            [_UndefinedGrad.apply(o) if k in undefined else o for k, o in enumerate(outputs)],
        )


def _require_zero_gradients(check: Check, outputs: Sequence[Tensor]) -> None:
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
