"""Derivatives of functions in a direction: products of the Jacobian with tangents.

The product of a cotangent with the Jacobian is linear in the cotangent. So one sweep is recorded
with cotangents that are leaves, and sweeping from its results to these leaves is the product of the
Jacobian with a tangent: no operation needs a second, forward formula.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.autograd import enable_grad
from tapegrad.autograd import grad as gradients_of
from tapegrad.func._level import Argnums, Evaluated, gradients, positions
from tapegrad.func._randomness import Draws
from tapegrad.ops.create import zeros_like
from tapegrad.ops.shape import stack
from tapegrad.ops.shape.sizes import alias_op
from tapegrad.utils._pytree import tree_flatten, tree_map, tree_unflatten

_JVP = "jvp(f, primals, tangents)"


class _Pushed(Evaluated):
    """One evaluation of a function, whose derivative can be applied again and again."""

    title = _JVP

    def __init__(self, func: Callable, args: tuple, argnums: Argnums, has_aux: bool) -> None:
        super().__init__(func, args, argnums, has_aux)
        with enable_grad():
            swept = [one for one in self.outputs if one.requires_grad]
            self.cotangents = [self.level.watch(zeros_like(one)) for one in swept]
            self.slopes: list[Tensor | None] = [None] * len(self.watched.leaves)
            if swept:
                self.slopes = list(gradients_of(
                    swept, self.watched.leaves, self.cotangents, create_graph=True,
                    allow_unused=True,
                ))  # fmt: skip

    def push(self, tangents: list[Tensor | None]) -> list[Tensor]:
        """The derivatives of the outputs; a tangent that is None is zero."""
        pairs = [
            (slope, tangent.to(slope.dtype))
            for slope, tangent in zip(self.slopes, tangents, strict=True)
            if slope is not None and tangent is not None
        ]
        slopes, starts = zip(*pairs, strict=True) if pairs else ((), ())
        self.level.records_outside = is_grad_enabled()
        found = iter(gradients(self.level, slopes, self.cotangents, starts, True))
        return [next(found) if one.requires_grad else zeros_like(one) for one in self.outputs]

    def nest(self, values: list[Any]) -> Any:
        """Values, one for each output, nested as the outputs are."""
        return tree_unflatten(values, self.spec)


def jvp(
    func: Callable, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple:
    """``(output, product)`` or ``(output, product, aux)``: a value, and its slope along tangents.

    ``primals`` is the tuple of arguments, ``tangents`` are nested as they are; the product is
    nested as the output. With ``strict`` an output that does not depend on the arguments raises
    RuntimeError. Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.jvp.html
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    directions = _tangents_like(primals, tangents)
    pushed = _Pushed(func, primals, tuple(range(len(primals))), has_aux)
    if strict and not all(one.requires_grad for one in pushed.outputs):
        raise RuntimeError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. "
            "This is not allowed with strict=True."
        )
    product = pushed.nest(pushed.push(directions))
    value = tree_map(_recorded_alias, pushed.value)
    return (value, product, pushed.auxiliary) if has_aux else (value, product)


def _recorded_alias(value: Tensor) -> Tensor:
    """A value as PyTorch hands it out: what an outer sweep follows is one node further."""
    return alias_op(value) if value.requires_grad else value


def _tangents_like(primals: tuple, tangents: Any) -> list[Tensor | None]:
    """The tangents in order. Raises RuntimeError where they do not fit the arguments."""
    (points, spec), (directions, given) = tree_flatten(primals), tree_flatten(tangents)
    if spec != given:
        raise RuntimeError(
            f"{_JVP}: Expected primals and tangents to have the same python structure. For "
            "example, if primals is a tuple of 3 tensors, tangents also must be. Got primals with "
            f"structure {spec.outline()} and tangents with structure {given.outline()}"
        )
    for name, values in (("primals", points), ("tangents", directions)):
        if not values:
            raise RuntimeError(f"{_JVP}: Expected {name} to contain at least one Tensor.")
        for one in values:
            if not isinstance(one, Tensor):
                raise RuntimeError(
                    f"{_JVP}: Expected {name} to only contain Tensors, got {type(one)}"
                )
    for point, direction in zip(points, directions, strict=True):
        _check_primal(point)
        _check_floating("tangent", direction)
        if point.shape != direction.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the "
                f"original Tensor, this is not supported. Tensor is of size {list(point.shape)} "
                f"while the given forward gradient is of size {list(direction.shape)}."
            )
    return directions


def _check_floating(what: str, value: Tensor) -> None:
    if not value.is_floating_point():
        raise ValueError(
            f"Expected {what} to be floating point or complex, but got: {value.dtype}"
        )


def _check_primal(value: Any) -> None:
    if isinstance(value, Tensor):  # what is none is refused later
        _check_floating("primal", value)


def linearize(func: Callable, *primals: Any) -> tuple[Any, Callable]:
    """``(output, jvp_fn)``: a value, and the derivative there as a function of tangents.

    ``func`` is evaluated once, however many tangents follow.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.linearize.html
    """
    pushed = _Pushed(func, primals, tuple(range(len(primals))), False)
    points, spec = tree_flatten(primals)

    def jvp_fn(*tangents: Any) -> Any:
        directions, given = tree_flatten(tangents)
        if given != spec:
            raise RuntimeError(
                f"Expected the tangents {given.outline()} to have the same argspec as the primals "
                f"{spec.outline()}"
            )
        for position, (point, direction) in enumerate(zip(points, directions, strict=True)):
            for name in ("shape", "device", "dtype"):
                wanted, actual = getattr(point, name), getattr(direction, name)
                if wanted != actual:
                    raise RuntimeError(
                        f"tangent:{position} with {name} {actual} in flattened pytree doesn't "
                        f"match the {name} {wanted} of the corresponding primal."
                    )
        return pushed.nest(pushed.push(directions))

    return pushed.value, jvp_fn


def jacfwd(
    func: Callable, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """The Jacobian of ``func`` as a function: ``(*output.shape, *input.shape)`` for each pair.

    One sweep for each element of the arguments: the better choice where these are fewer than the
    outputs'. ``randomness`` is that of `vmap`.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.jacfwd.html
    """

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        for position in positions(argnums, len(args)):
            tree_map(_check_primal, args[position])
        with Draws(randomness):
            pushed = _Pushed(func, args, argnums, has_aux)
        blocks = [_columns(pushed, position) for position in range(len(pushed.slopes))]
        matrices = [pushed.watched.nest(list(row)) for row in zip(*blocks, strict=True)]
        nested = pushed.nest(matrices)
        return (nested, pushed.auxiliary) if has_aux else nested

    return wrapper


def _columns(pushed: _Pushed, position: int) -> list[Tensor]:
    """The Jacobian of every output by one argument."""
    leaf = pushed.watched.leaves[position]
    columns = []
    for element in range(leaf.numel()):
        directions: list[Tensor | None] = [None] * len(pushed.slopes)
        directions[position] = one_hot = zeros_like(leaf).detach()
        one_hot.view(-1)[element] = 1
        columns.append(pushed.push(directions))
    if not columns:
        return [one.new_zeros(one.shape + leaf.shape) for one in pushed.outputs]
    return [
        stack(column, -1).view(output.shape + leaf.shape)
        for column, output in zip(zip(*columns, strict=True), pushed.outputs, strict=True)
    ]


__all__ = ["jacfwd", "jvp", "linearize"]
