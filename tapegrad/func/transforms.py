"""Gradients as functions: ``grad(f)`` is the gradient of ``f``, and can be differentiated again.

A transform differentiates by its arguments alone. What it returns is off the tape unless it depends
on a tensor of the surroundings that requires grad. ``no_grad`` counts inside the function, and
outside for what is recorded outside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.autograd import enable_grad
from tapegrad.func._level import (
    Argnums,
    Evaluated,
    Level,
    Watched,
    gradients,
    split_auxiliary,
)
from tapegrad.ops.shape import reshape, stack
from tapegrad.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten


def grad_and_value(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """A function that gives ``(gradient, value)`` of ``func``, which returns a scalar tensor.

    ``argnums`` says by which positional arguments; these may be nested lists, tuples and
    dictionaries of tensors. With ``has_aux``, ``func`` returns ``(output, aux)`` and the result is
    ``(gradient, (value, aux))``.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.grad_and_value.html
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        level = Level()
        with enable_grad():
            watched = Watched(level, args, argnums)
            output = func(*watched.args, **kwargs)
        output, auxiliary = split_auxiliary(output, has_aux, "grad_and_value(f)(*args)")
        if not isinstance(output, Tensor):
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got "
                f"{type(output)}"
            )
        if output.ndim:
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor "
                f"with {output.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
            )
        slopes = watched.nest(gradients(level, [output], watched.leaves, None, False))
        value = level.leave(output)
        if has_aux:
            return slopes, (value, tree_map(level.leave_auxiliary, auxiliary))
        return slopes, value

    return wrapper


def grad(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """The gradient of ``func`` as a function; see `grad_and_value` for the arguments.

    With ``has_aux`` the function gives ``(gradient, aux)``. Transforms nest:
    ``grad(grad(func))`` is the second derivative.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.grad.html
    """

    with_value = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        slopes, value = with_value(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return wrapper


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """``(output, vjp_fn)`` or ``(output, vjp_fn, aux)``: a value, and its pull-back.

    ``vjp_fn(cotangents)`` takes vectors nested as the output and gives a tuple with one product
    for each of ``primals``.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.vjp.html
    """
    pulled = _Pulled(func, primals, tuple(range(len(primals))) or 0, has_aux)
    if has_aux:
        return pulled.value, pulled.pull, pulled.auxiliary
    return pulled.value, pulled.pull


class _Pulled(Evaluated):
    """One evaluation of a function, whose outputs can be swept from again and again."""

    title = "vjp(f, *primals)"

    def check_outputs(self) -> None:
        """Raise RuntimeError also for an output that has no derivative."""
        super().check_outputs()
        for one in self.outputs:
            if not one.is_floating_point():
                raise RuntimeError(
                    "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got "
                    f"Tensor with dtype {one.dtype}"
                )

    def pull(self, cotangents: Any, retain_graph: bool = True) -> Any:
        """The products of cotangents, nested as the outputs, with the Jacobians."""
        starts, spec = tree_flatten(cotangents)
        _check_structure(spec, self.spec)
        for one in starts:
            if not isinstance(one, Tensor):
                raise TypeError(
                    f"gradients can be either Tensors or None, but got {type(one).__name__}"
                )
        self.level.records_outside = is_grad_enabled()
        return self.watched.nest(
            gradients(self.level, self.outputs, self.watched.leaves, starts, retain_graph)
        )


def _check_structure(given: TreeSpec, expected: TreeSpec) -> None:
    if given != expected:
        raise RuntimeError(
            "Expected pytree structure of cotangents to be the same as pytree structure of outputs "
            f"to the function. cotangents: {given}, primal output: {expected}"
        )


def jacrev(
    func: Callable,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable:
    """The Jacobian of ``func`` as a function: ``(*output.shape, *input.shape)`` for each pair.

    One sweep for each element of the outputs; ``chunk_size``, how many PyTorch makes at once, does
    not matter here. Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.jacrev.html
    """
    if chunk_size is not None and not chunk_size > 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        pulled = _Pulled(func, args, argnums, has_aux)
        matrices = [_jacobian_of(pulled, position) for position in range(len(pulled.outputs))]
        nested = tree_unflatten(matrices, pulled.spec)
        return (nested, pulled.auxiliary) if has_aux else nested

    return wrapper


def _jacobian_of(pulled: _Pulled, position: int) -> Any:
    """The Jacobians of one output, nested as the arguments."""
    output, leaves = pulled.outputs[position], pulled.watched.leaves
    with enable_grad():
        elements = reshape(output, (-1,))
        rows = [
            gradients(pulled.level, [elements[k]], leaves, None, True)
            for k in range(elements.numel())
        ]
    if not rows:
        return pulled.watched.nest([one.new_zeros(output.shape + one.shape) for one in leaves])
    return pulled.watched.nest(
        [
            stack(column).view(output.shape + one.shape)
            for column, one in zip(zip(*rows, strict=True), leaves, strict=True)
        ]
    )


def hessian(func: Callable, argnums: Argnums = 0) -> Callable:
    """The Hessian of ``func`` as a function: the Jacobian of its Jacobian.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.hessian.html
    """
    return jacrev(jacrev(func, argnums), argnums)


__all__ = ["grad", "grad_and_value", "hessian", "jacrev", "vjp"]
