"""What the derivatives of functions take and give: inputs, vectors, and results off the tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd.backward import grad
from tapegrad.ops.create import ones_like, zeros_like

NOT_STRICT = "This is not allowed in strict mode"

_INDEPENDENT = {
    "outputs": "Output {i} of the user-provided function does not require gradients. The outputs "
    "must be computed in a differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {i} is independent of the inputs of the "
    f"user-provided function. {NOT_STRICT}.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided "
    "function with respect to input {i} is independent of the input. This is not allowed in strict "
    "mode. You should ensure that your function is twice differentiable and that the jacobian "
    "depends on the inputs (this would be violated by a linear function for example).",
    "backward": "The output of the user-provided function is independent of input {i}. "
    f"{NOT_STRICT}.",
    "double_backward": "The jacobian of the user-provided function is independent of input {i}. "
    f"{NOT_STRICT}.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the "
    f"grad_outputs when using the double backward trick to compute forward mode gradients. "
    f"{NOT_STRICT}.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in "
    "the grad_jacobian. This is not allowed in strict mode as it prevents from using the double "
    "backward trick to replace forward mode AD.",
}


def as_tuple(value: Any, what: str, function: str) -> tuple[bool, tuple]:
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


def watched(tensors: tuple, create_graph: bool) -> tuple:
    """The tensors as inputs of a graph of their own, which goes on into theirs if wanted."""
    return tuple(
        one.view_as(one) if create_graph and one.requires_grad else one.detach().requires_grad_()
        for one in tensors
    )


def finished(results: Any, create_graph: bool) -> Any:
    """Nested results off the tape, unless they are to be differentiated again."""
    if isinstance(results, tuple):
        return tuple(finished(one, create_graph) for one in results)
    return results if create_graph else results.detach()


def packed(results: tuple, is_tuple: bool) -> Any:
    return results if is_tuple else results[0]


def _checked_vector(v: Any, like: tuple, is_tuple: bool, function: str) -> tuple:
    """The vector of a product, one tensor for each of ``like``; without history."""
    _, vector = as_tuple(v, "v", function)
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


def vector_for(
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


ONE_OUTPUT = "the user-provided function returns"
ONE_INPUT = "the input to the user-provided function is"


def require_dependence(results: Sequence[Tensor], stage: str, strict: bool) -> None:
    if strict:
        for position, one in enumerate(results):
            if not one.requires_grad:
                raise RuntimeError(_INDEPENDENT[stage].format(i=position))


def gradients(
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


def filled(
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
                f"{NOT_STRICT} when create_graph=True."
            )
        filled.append(one)
    return tuple(filled)


def scalar_of(output: Any, function: str) -> tuple:
    """The output of a function whose Hessian is wanted, in a tuple of one."""
    is_tuple, outputs = as_tuple(output, "outputs of the user-provided function", function)
    if is_tuple:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {function} should contain a single "
            "element"
        )
    return outputs
