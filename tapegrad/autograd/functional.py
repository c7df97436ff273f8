"""Derivatives of functions as matrices and products: Jacobians, Hessians and what they multiply.

Every function here takes ``func``, which maps tensors to a tensor or a tuple of tensors, and the
``inputs`` at which it is differentiated: a tensor or a tuple. Where an input does not matter its
derivative is zero, or an error if ``strict``. With ``create_graph`` the results can be
differentiated again. Source: https://docs.pytorch.org/docs/2.13/autograd.html#functional-higher-level-api
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd._functional_arguments import (
    NOT_STRICT,
    ONE_INPUT,
    ONE_OUTPUT,
    as_tuple,
    filled,
    finished,
    gradients,
    packed,
    require_dependence,
    scalar_of,
    vector_for,
    watched,
)
from tapegrad.autograd.grad_mode import enable_grad
from tapegrad.ops.create import zeros_like
from tapegrad.ops.shape import reshape, stack

# ------------------------------------------------------------------------- products


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of ``func`` and ``vᵀ J``: a vector times its Jacobian.

    ``v`` has the shapes of the outputs and may be left out for a single number.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vjp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "vjp")
        inputs = watched(inputs, create_graph)
        is_outputs_tuple, outputs = as_tuple(
            func(*inputs), "outputs of the user-provided function", "vjp"
        )
        require_dependence(outputs, "outputs", strict)
        v = vector_for(v, outputs, is_outputs_tuple, create_graph, "vjp", ONE_OUTPUT)
    with enable_grad() if create_graph else nullcontext():
        found = gradients(outputs, inputs, v, create_graph)
        product = filled(found, inputs, "backward", strict, create_graph)
    outputs, product = finished(outputs, create_graph), finished(product, create_graph)
    return packed(outputs, is_outputs_tuple), packed(product, is_inputs_tuple)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of ``func`` and ``J v``: its Jacobian times a vector.

    ``v`` has the shapes of the inputs and may be left out for a single number. The product is the
    derivative of ``uᵀ J`` by ``u``, so it takes two sweeps.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jvp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "jvp")
        inputs = watched(inputs, create_graph)
        v = vector_for(v, inputs, is_inputs_tuple, create_graph, "jvp", ONE_INPUT)
        is_outputs_tuple, outputs = as_tuple(
            func(*inputs), "outputs of the user-provided function", "jvp"
        )
        require_dependence(outputs, "outputs", strict)
        u = tuple(zeros_like(one, requires_grad=True) for one in outputs)
        pulled = filled(gradients(outputs, inputs, u, True), inputs, "backward", strict)
        require_dependence(pulled, "grad_inputs", strict)
    with enable_grad() if create_graph else nullcontext():
        found = gradients(pulled, u, v, create_graph)
        product = filled(found, outputs, "back_trick", strict, create_graph)
    outputs, product = finished(outputs, create_graph), finished(product, create_graph)
    return packed(outputs, is_outputs_tuple), packed(product, is_outputs_tuple)


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar ``func`` and ``vᵀ H``: a vector times its Hessian.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vhp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "vhp")
        inputs = watched(inputs, create_graph)
        v = vector_for(v, inputs, is_inputs_tuple, create_graph, "vhp", ONE_INPUT)
        outputs, slopes = _value_and_slopes(func, inputs, "vhp", strict)
    with enable_grad() if create_graph else nullcontext():
        found = gradients(slopes, inputs, v, create_graph)
        product = filled(found, inputs, "double_backward", strict, create_graph)
    outputs, product = finished(outputs, create_graph), finished(product, create_graph)
    return outputs[0], packed(product, is_inputs_tuple)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar ``func`` and ``H v``: its Hessian times a vector.

    Slower than `vhp`, which gives the same where the Hessian is symmetric.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hvp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "hvp")
        inputs = watched(inputs, create_graph)
        v = vector_for(v, inputs, is_inputs_tuple, create_graph, "hvp", ONE_INPUT)
        outputs, slopes = _value_and_slopes(func, inputs, "hvp", strict)
        u = tuple(zeros_like(one, requires_grad=True) for one in inputs)
        found = gradients(slopes, inputs, u, True)
        pulled = filled(found, inputs, "double_backward", strict)
        require_dependence(pulled, "grad_inputs", strict)
    with enable_grad() if create_graph else nullcontext():
        found = gradients(pulled, u, v, create_graph)
        product = filled(found, inputs, "double_back_trick", strict, create_graph)
    outputs, product = finished(outputs, create_graph), finished(product, create_graph)
    return outputs[0], packed(product, is_inputs_tuple)


def _value_and_slopes(
    func: Callable, inputs: tuple, function: str, strict: bool
) -> tuple[tuple, tuple]:
    """A scalar function's value and gradient, both recorded."""
    outputs = scalar_of(func(*inputs), function)
    require_dependence(outputs, "outputs", strict)
    found = gradients(outputs, inputs, create_graph=True)
    slopes = filled(found, inputs, "backward", strict)
    require_dependence(slopes, "jacobian", strict)
    return outputs, slopes


# ------------------------------------------------------------------------- whole matrices


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of ``func``: a tensor of shape ``(*output.shape, *input.shape)`` for each pair.

    Nested tuples, outputs outside, where outputs or inputs are tuples. One sweep is made for each
    element of the outputs; ``vectorize`` and ``strategy`` choose among PyTorch's ways to the same
    numbers and are accepted as such.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jacobian.html
    """
    _check_strategy(strategy, create_graph, strict, vectorize)
    with enable_grad():
        is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "jacobian")
        inputs = watched(inputs, create_graph)
        is_outputs_tuple, outputs = as_tuple(
            func(*inputs), "outputs of the user-provided function", "jacobian"
        )
        require_dependence(outputs, "outputs", strict)
        rows = tuple(
            _rows(position, output, inputs, create_graph, strict)
            for position, output in enumerate(outputs)
        )
    rows = finished(rows, create_graph)
    if is_outputs_tuple:
        return tuple(packed(one, is_inputs_tuple) for one in rows)
    return packed(rows[0], is_inputs_tuple)


def _check_strategy(strategy: str, create_graph: bool, strict: bool, vectorize: bool) -> None:
    """Refuse the combinations of options that PyTorch refuses."""
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                "torch.autograd.functional.jacobian: `create_graph=True` and `strategy="
                '"forward-mode"` are not supported together (yet). Please either set '
                '`create_graph=False` or `strategy="reverse-mode"`.'
            )
        if strict:
            raise RuntimeError(
                'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` '
                "are not supported together (yet). Please either set `strict=False` or "
                '`strategy="reverse-mode"`.'
            )
        if not vectorize:
            raise NotImplementedError(
                "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly "
                "implemented for `vectorize=True`."
            )
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
            "supported together. Please either set `strict=False` or `vectorize=False`."
        )


def _rows(
    position: int, output: Tensor, inputs: tuple, create_graph: bool, strict: bool
) -> tuple[Tensor, ...]:
    """The Jacobian of one output by every input."""
    elements = reshape(output, (-1,))
    rows = [
        _one_row(position, elements[k], inputs, create_graph, strict)
        for k in range(elements.numel())
    ]
    if not rows:
        return tuple(one.new_zeros(output.shape + one.shape) for one in inputs)
    return tuple(
        stack(column).view(output.shape + one.shape)
        for column, one in zip(zip(*rows, strict=True), inputs, strict=True)
    )


def _one_row(
    position: int, element: Tensor, inputs: tuple, create_graph: bool, strict: bool
) -> list[Tensor]:
    """The gradients of one element of an output."""
    row = []
    found = gradients((element,), inputs, create_graph=create_graph, retain_graph=True)
    for k, (one, other) in enumerate(zip(found, inputs, strict=True)):
        if strict and one is None:
            raise RuntimeError(
                f"Output {position} of the user-provided function is independent of input {k}. "
                f"{NOT_STRICT}."
            )
        if strict and create_graph and one is not None and not one.requires_grad:
            raise RuntimeError(
                f"The jacobian of the user-provided function is independent of input {k}. "
                f"{NOT_STRICT} when create_graph=True."
            )
        row.append(zeros_like(other) if one is None else one)
    return row


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar ``func``: ``(*input.shape, *other.shape)`` for each pair of inputs.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hessian.html
    """
    is_inputs_tuple, inputs = as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def scalar(*args: Tensor) -> Tensor:
        (output,) = scalar_of(func(*args), "hessian")
        require_dependence((output,), "outputs", strict)
        return reshape(output, ())

    def slopes(*args: Tensor) -> tuple[Tensor, ...]:
        found = jacobian(scalar, args, create_graph=True)
        require_dependence(found, "jacobian", strict)
        return found

    matrices = jacobian(slopes, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return matrices if is_inputs_tuple else matrices[0][0]


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
