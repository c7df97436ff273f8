"""Derivatives of functions as matrices and products: Jacobians, Hessians and what they multiply.

Every function here takes ``func``, which maps tensors to a tensor or a tuple of tensors, and the
``inputs`` at which it is differentiated: a tensor or a tuple. Where an input does not matter its
derivative is zero, or an error if ``strict``. With ``create_graph`` the results can be
differentiated again. Source: https://docs.pytorch.org/docs/2.13/autograd.html#functional-higher-level-api
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd.backward import grad
from tapegrad.autograd.grad_mode import enable_grad
from tapegrad.ops.create import ones_like, zeros_like
from tapegrad.ops.shape import reshape, stack

_NOT_STRICT = "This is not allowed in strict mode"

_INDEPENDENT = {
    "outputs": "Output {i} of the user-provided function does not require gradients. The outputs "
    "must be computed in a differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {i} is independent of the inputs of the "
    f"user-provided function. {_NOT_STRICT}.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided "
    "function with respect to input {i} is independent of the input. This is not allowed in strict "
    "mode. You should ensure that your function is twice differentiable and that the jacobian "
    "depends on the inputs (this would be violated by a linear function for example).",
    "backward": "The output of the user-provided function is independent of input {i}. "
    f"{_NOT_STRICT}.",
    "double_backward": "The jacobian of the user-provided function is independent of input {i}. "
    f"{_NOT_STRICT}.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the "
    f"grad_outputs when using the double backward trick to compute forward mode gradients. "
    f"{_NOT_STRICT}.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in "
    "the grad_jacobian. This is not allowed in strict mode as it prevents from using the double "
    "backward trick to replace forward mode AD.",
}


# ------------------------------------------------------------------------- arguments and results


def _as_tuple(value: Any, what: str, function: str) -> tuple[bool, tuple]:
    """Whether a value is a tuple of tensors, and that tuple; TypeError for anything else."""
    if isinstance(value, Tensor):
        return False, (value,)
    if not isinstance(value, tuple):
        raise TypeError(
            f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the "
            f"given {what} has type {type(value)}."
        )
    for position, one in enumerate(value):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but "
                f"the value at index {position} has type {type(one)}."
            )
    return True, value


def _watched(tensors: tuple, create_graph: bool) -> tuple:
    """The tensors as inputs of a graph of their own, which goes on into theirs if wanted."""
    return tuple(
        one.view_as(one) if create_graph and one.requires_grad else one.detach().requires_grad_()
        for one in tensors
    )


def _finished(results: Any, create_graph: bool) -> Any:
    """Nested results off the tape, unless they are to be differentiated again."""
    if isinstance(results, tuple):
        return tuple(_finished(one, create_graph) for one in results)
    return results if create_graph else results.detach()


def _packed(results: tuple, is_tuple: bool) -> Any:
    return results if is_tuple else results[0]


def _checked_vector(v: Any, like: tuple, is_tuple: bool, function: str) -> tuple:
    """The vector of a product, one tensor for each of ``like``; without history."""
    _, vector = _as_tuple(v, "v", function)
    if len(like) != len(vector):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(vector)}."
            if is_tuple else "The given v should contain a single Tensor."
        )  # fmt: skip
    for position, (one, other) in enumerate(zip(vector, like, strict=True)):
        if one.shape != other.shape:
            where = f"Entry {position} in " if is_tuple else ""
            raise RuntimeError(
                f"{where}v has invalid size: should be {other.shape} but got {one.shape}."
            )
    return vector


def _vector_for(
    v: Any, like: tuple, is_tuple: bool, create_graph: bool, function: str, source: str
) -> tuple:
    """The given vector, or the number 1 where there is a single element to multiply."""
    if v is not None:
        vector = _checked_vector(v, like, is_tuple, function)
        return tuple(one if create_graph else one.detach() for one in vector)
    if len(like) != 1 or like[0].numel() != 1:
        raise RuntimeError(
            f"The vector v can only be None if {source} a single Tensor with a single element."
        )
    return tuple(ones_like(one) for one in like)


_ONE_OUTPUT = "the user-provided function returns"
_ONE_INPUT = "the input to the user-provided function is"


def _require_dependence(results: Sequence[Tensor], stage: str, strict: bool) -> None:
    if strict:
        for position, one in enumerate(results):
            if not one.requires_grad:
                raise RuntimeError(_INDEPENDENT[stage].format(i=position))


def _gradients(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    starts: Sequence[Tensor] | None = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> tuple[Tensor | None, ...]:
    """``autograd.grad`` for what may not depend on the inputs at all; None for no gradient."""
    chosen = [position for position, one in enumerate(outputs) if one.requires_grad]
    if not chosen:
        return (None,) * len(inputs)
    return grad(
        [outputs[position] for position in chosen],
        inputs,
        None if starts is None else [starts[position] for position in chosen],
        retain_graph,
        create_graph,
        allow_unused=True,
    )


def _filled(
    gradients: Sequence[Tensor | None],
    like: Sequence[Tensor],
    stage: str,
    strict: bool,
    create_graph: bool = False,
) -> tuple[Tensor, ...]:
    """Zeros for gradients that are missing; an error instead if ``strict``."""
    filled = []
    for position, (one, other) in enumerate(zip(gradients, like, strict=True)):
        if one is None:
            if strict:
                raise RuntimeError(_INDEPENDENT[stage].format(i=position))
            one = zeros_like(other)
        elif strict and create_graph and not one.requires_grad:
            what = "hessian" if stage.startswith("double") else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {position}. "
                f"{_NOT_STRICT} when create_graph=True."
            )
        filled.append(one)
    return tuple(filled)


def _scalar_of(output: Any, function: str) -> tuple:
    """The output of a function whose Hessian is wanted, in a tuple of one."""
    is_tuple, outputs = _as_tuple(output, "outputs of the user-provided function", function)
    if is_tuple:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {function} should contain a single "
            "element"
        )
    return outputs


# ------------------------------------------------------------------------- products


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of ``func`` and ``vᵀ J``: a vector times its Jacobian.

    ``v`` has the shapes of the outputs and may be left out for a single number.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vjp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "vjp")
        inputs = _watched(inputs, create_graph)
        is_outputs_tuple, outputs = _as_tuple(
            func(*inputs), "outputs of the user-provided function", "vjp"
        )
        _require_dependence(outputs, "outputs", strict)
        v = _vector_for(v, outputs, is_outputs_tuple, create_graph, "vjp", _ONE_OUTPUT)
    with enable_grad() if create_graph else nullcontext():
        found = _gradients(outputs, inputs, v, create_graph)
        product = _filled(found, inputs, "backward", strict, create_graph)
    outputs, product = _finished(outputs, create_graph), _finished(product, create_graph)
    return _packed(outputs, is_outputs_tuple), _packed(product, is_inputs_tuple)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of ``func`` and ``J v``: its Jacobian times a vector.

    ``v`` has the shapes of the inputs and may be left out for a single number. The product is the
    derivative of ``uᵀ J`` by ``u``, so it takes two sweeps.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jvp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "jvp")
        inputs = _watched(inputs, create_graph)
        v = _vector_for(v, inputs, is_inputs_tuple, create_graph, "jvp", _ONE_INPUT)
        is_outputs_tuple, outputs = _as_tuple(
            func(*inputs), "outputs of the user-provided function", "jvp"
        )
        _require_dependence(outputs, "outputs", strict)
        u = tuple(zeros_like(one, requires_grad=True) for one in outputs)
        pulled = _filled(_gradients(outputs, inputs, u, True), inputs, "backward", strict)
        _require_dependence(pulled, "grad_inputs", strict)
    with enable_grad() if create_graph else nullcontext():
        found = _gradients(pulled, u, v, create_graph)
        product = _filled(found, outputs, "back_trick", strict, create_graph)
    outputs, product = _finished(outputs, create_graph), _finished(product, create_graph)
    return _packed(outputs, is_outputs_tuple), _packed(product, is_outputs_tuple)


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar ``func`` and ``vᵀ H``: a vector times its Hessian.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vhp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "vhp")
        inputs = _watched(inputs, create_graph)
        v = _vector_for(v, inputs, is_inputs_tuple, create_graph, "vhp", _ONE_INPUT)
        outputs, slopes = _value_and_slopes(func, inputs, "vhp", strict)
    with enable_grad() if create_graph else nullcontext():
        found = _gradients(slopes, inputs, v, create_graph)
        product = _filled(found, inputs, "double_backward", strict, create_graph)
    outputs, product = _finished(outputs, create_graph), _finished(product, create_graph)
    return outputs[0], _packed(product, is_inputs_tuple)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar ``func`` and ``H v``: its Hessian times a vector.

    Slower than `vhp`, which gives the same where the Hessian is symmetric.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hvp.html
    """
    with enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "hvp")
        inputs = _watched(inputs, create_graph)
        v = _vector_for(v, inputs, is_inputs_tuple, create_graph, "hvp", _ONE_INPUT)
        outputs, slopes = _value_and_slopes(func, inputs, "hvp", strict)
        u = tuple(zeros_like(one, requires_grad=True) for one in inputs)
        found = _gradients(slopes, inputs, u, True)
        pulled = _filled(found, inputs, "double_backward", strict)
        _require_dependence(pulled, "grad_inputs", strict)
    with enable_grad() if create_graph else nullcontext():
        found = _gradients(pulled, u, v, create_graph)
        product = _filled(found, inputs, "double_back_trick", strict, create_graph)
    outputs, product = _finished(outputs, create_graph), _finished(product, create_graph)
    return outputs[0], _packed(product, is_inputs_tuple)


def _value_and_slopes(
    func: Callable, inputs: tuple, function: str, strict: bool
) -> tuple[tuple, tuple]:
    """A scalar function's value and gradient, both recorded."""
    outputs = _scalar_of(func(*inputs), function)
    _require_dependence(outputs, "outputs", strict)
    found = _gradients(outputs, inputs, create_graph=True)
    slopes = _filled(found, inputs, "backward", strict)
    _require_dependence(slopes, "jacobian", strict)
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
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "jacobian")
        inputs = _watched(inputs, create_graph)
        is_outputs_tuple, outputs = _as_tuple(
            func(*inputs), "outputs of the user-provided function", "jacobian"
        )
        _require_dependence(outputs, "outputs", strict)
        rows = tuple(
            _rows(position, output, inputs, create_graph, strict)
            for position, output in enumerate(outputs)
        )
    rows = _finished(rows, create_graph)
    if is_outputs_tuple:
        return tuple(_packed(one, is_inputs_tuple) for one in rows)
    return _packed(rows[0], is_inputs_tuple)


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
    found = _gradients((element,), inputs, create_graph=create_graph, retain_graph=True)
    for k, (one, other) in enumerate(zip(found, inputs, strict=True)):
        if strict and one is None:
            raise RuntimeError(
                f"Output {position} of the user-provided function is independent of input {k}. "
                f"{_NOT_STRICT}."
            )
        if strict and create_graph and one is not None and not one.requires_grad:
            raise RuntimeError(
                f"The jacobian of the user-provided function is independent of input {k}. "
                f"{_NOT_STRICT} when create_graph=True."
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
    is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def scalar(*args: Tensor) -> Tensor:
        (output,) = _scalar_of(func(*args), "hessian")
        _require_dependence((output,), "outputs", strict)
        return reshape(output, ())

    def slopes(*args: Tensor) -> tuple[Tensor, ...]:
        found = jacobian(scalar, args, create_graph=True)
        _require_dependence(found, "jacobian", strict)
        return found

    matrices = jacobian(slopes, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return matrices if is_inputs_tuple else matrices[0][0]


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
