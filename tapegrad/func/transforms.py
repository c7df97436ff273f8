"""Gradients as functions: ``grad(f)`` is the gradient of ``f``, and can be differentiated again.

A transform differentiates by its arguments alone. What it returns is off the tape unless it depends
on a tensor of the surroundings that requires grad. ``no_grad`` counts inside the function, and
outside for what is recorded outside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tapegrad._tensor import Node, Tensor, is_grad_enabled
from tapegrad.autograd import enable_grad
from tapegrad.autograd import grad as gradients_of
from tapegrad.ops.create import zeros_like
from tapegrad.ops.shape import reshape, stack
from tapegrad.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

# ------------------------------------------------------------------------- one transform's tape


class _Level:
    """The inputs that one transform differentiates by, and what belongs to the world outside."""

    def __init__(self) -> None:
        self.records_outside = is_grad_enabled()
        self.own_leaves: set[int] = set()

    def watch(self, value: Any) -> Tensor:
        """A tensor that starts this transform's graph, and hangs on the outer one if there is."""
        if not isinstance(value, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(value)}")
        if self.records_outside and value.requires_grad:
            return value.view_as(value)
        leaf = value.detach().requires_grad_()
        self.own_leaves.add(id(leaf))
        return leaf

    def outlives(self, tensors: Iterable[Tensor]) -> bool:
        """Whether tensors depend on a leaf that requires grad and is none of this transform's."""
        if not self.records_outside:
            return False
        nodes: list[Any] = []
        for one in tensors:
            if one.grad_fn is not None:
                nodes.append(one.grad_fn)
            elif one.requires_grad and id(one) not in self.own_leaves:
                return True
        seen = set(nodes)
        while nodes:
            node = nodes.pop()
            if _is_leaf_node(node) and id(node.variable) not in self.own_leaves:
                return True
            for below, _ in node.next_functions:
                if below is not None and below not in seen:
                    seen.add(below)
                    nodes.append(below)
        return False

    def leave(self, value: Tensor) -> Tensor:
        """A result as the world outside sees it."""
        return value if self.outlives((value,)) else value.detach()

    def leave_auxiliary(self, value: Any) -> Any:
        """The same for what a function returns beside its output."""
        if not isinstance(value, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(value)}")
        return self.leave(value)


def _is_leaf_node(node: Node) -> bool:
    return node.name() == "torch::autograd::AccumulateGrad"


def _gradients(
    level: _Level,
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    starts: Sequence[Tensor] | None,
    retain_graph: bool,
) -> list[Tensor]:
    """Gradients as the world outside sees them; zeros where the outputs do not depend."""
    chosen = [position for position, one in enumerate(outputs) if one.requires_grad]
    if not chosen:
        return [zeros_like(one) for one in inputs]
    outputs = [outputs[position] for position in chosen]
    starts = None if starts is None else [starts[position] for position in chosen]
    create_graph = level.outlives([*outputs, *(starts or ())])
    with enable_grad():
        found = gradients_of(
            outputs, inputs, starts, retain_graph or create_graph, create_graph, allow_unused=True
        )
    pairs = zip(found, inputs, strict=True)
    return [zeros_like(like) if one is None else level.leave(one) for one, like in pairs]


# ------------------------------------------------------------------------- which arguments

_Argnums = int | tuple[int, ...]


def _check_argnum(argnum: Any, n_args: int) -> None:
    if not isinstance(argnum, int):
        raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
    if not -n_args <= argnum < n_args:
        raise RuntimeError(f"Got argnum={argnum}, but only {n_args} positional inputs")


def _positions(argnums: _Argnums, n_args: int) -> list[int]:
    """The positions that ``argnums`` means, counted from the front. Raises RuntimeError."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    if not wanted:
        raise RuntimeError("argnums must be non-empty")
    for one in wanted:
        _check_argnum(one, n_args)
    positions = [one % n_args for one in wanted]
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return positions


class _Watched:
    """Arguments of a call, some of which are differentiated by."""

    def __init__(self, level: _Level, args: tuple, argnums: _Argnums) -> None:
        positions = _positions(argnums, len(args))
        self.is_single = isinstance(argnums, int)
        watched = [tree_map(level.watch, args[position]) for position in positions]
        self.args = list(args)
        for position, one in zip(positions, watched, strict=True):
            self.args[position] = one
        self.leaves, self.spec = tree_flatten(tuple(watched))

    def nest(self, leaves: list) -> Any:
        """Values, one for each tensor that is differentiated by, nested as the arguments are."""
        nested = tree_unflatten(leaves, self.spec)
        return nested[0] if self.is_single else nested


def _split_auxiliary(output: Any, has_aux: bool, what: str) -> tuple[Any, Any]:
    """The output proper and what comes beside it."""
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{what}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


# ------------------------------------------------------------------------- transforms


def grad_and_value(func: Callable, argnums: _Argnums = 0, has_aux: bool = False) -> Callable:
    """A function that gives ``(gradient, value)`` of ``func``, which returns a scalar tensor.

    ``argnums`` says by which positional arguments; these may be nested lists, tuples and
    dictionaries of tensors. With ``has_aux``, ``func`` returns ``(output, aux)`` and the result is
    ``(gradient, (value, aux))``.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.grad_and_value.html
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        level = _Level()
        with enable_grad():
            watched = _Watched(level, args, argnums)
            output = func(*watched.args, **kwargs)
        output, auxiliary = _split_auxiliary(output, has_aux, "grad_and_value(f)(*args)")
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
        slopes = watched.nest(_gradients(level, [output], watched.leaves, None, False))
        value = level.leave(output)
        if has_aux:
            return slopes, (value, tree_map(level.leave_auxiliary, auxiliary))
        return slopes, value

    return wrapper


def grad(func: Callable, argnums: _Argnums = 0, has_aux: bool = False) -> Callable:
    """The gradient of ``func`` as a function; see `grad_and_value` for the arguments.

    With ``has_aux`` the function gives ``(gradient, aux)``. Transforms nest:
    ``grad(grad(func))`` is the second derivative.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.grad.html
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        slopes, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
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


class _Pulled:
    """One evaluation of a function, whose outputs can be swept from again and again."""

    def __init__(self, func: Callable, args: tuple, argnums: _Argnums, has_aux: bool) -> None:
        self.level = _Level()
        with enable_grad():
            if args or argnums:
                self.watched = _Watched(self.level, args, argnums)
                output = func(*self.watched.args)
            else:
                output = func()
        output, auxiliary = _split_auxiliary(output, has_aux, "vjp(f, *primals)")
        self.outputs, self.spec = tree_flatten(output)
        for one in self.outputs:
            if not isinstance(one, Tensor):
                raise RuntimeError(
                    "vjp(f, *primals): expected f(*primals) to return only tensors, got "
                    f"unsupported type {type(one)}"
                )
        self.auxiliary = tree_map(self.level.leave_auxiliary, auxiliary) if has_aux else None
        self.value = tree_unflatten([self.level.leave(one) for one in self.outputs], self.spec)

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
            _gradients(self.level, self.outputs, self.watched.leaves, starts, retain_graph)
        )


def _check_structure(given: TreeSpec, expected: TreeSpec) -> None:
    if given != expected:
        raise RuntimeError(
            "Expected pytree structure of cotangents to be the same as pytree structure of outputs "
            f"to the function. cotangents: {given}, primal output: {expected}"
        )


def jacrev(
    func: Callable,
    argnums: _Argnums = 0,
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
            _gradients(pulled.level, [elements[k]], leaves, None, True)
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


def hessian(func: Callable, argnums: _Argnums = 0) -> Callable:
    """The Hessian of ``func`` as a function: the Jacobian of its Jacobian.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.hessian.html
    """
    return jacrev(jacrev(func, argnums), argnums)


__all__ = ["grad", "grad_and_value", "hessian", "jacrev", "vjp"]
