"""What every transform of functions needs: its tape, and what it differentiates by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tapegrad._sweep import depends_on_others
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.autograd import enable_grad
from tapegrad.autograd import grad as gradients_of
from tapegrad.ops.create import zeros_like
from tapegrad.utils._pytree import tree_flatten, tree_map, tree_unflatten

# ------------------------------------------------------------------------- one transform's tape


class Level:
    """The inputs that one transform differentiates by, and what belongs to the world outside."""

    def __init__(self) -> None:
        self.records_outside = is_grad_enabled()
        self.own_leaves: set[int] = set()

    def watch(self, value: Any) -> Tensor:
        """A tensor that starts this transform's graph, and hangs on the outer one if there is."""
        if not isinstance(value, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(value)}")
        if value.requires_grad:  # also under `no_grad`: a pull-back may be called outside of it
            return value.view_as(value)
        leaf = value.detach().requires_grad_()
        self.own_leaves.add(id(leaf))
        return leaf

    def outlives(self, tensors: Iterable[Tensor]) -> bool:
        """Whether tensors depend on a leaf that requires grad and is none of this transform's."""
        return self.records_outside and depends_on_others(list(tensors), self.own_leaves)

    def leave(self, value: Tensor) -> Tensor:
        """A result as the world outside sees it."""
        return value if self.outlives((value,)) else value.detach()

    def leave_auxiliary(self, value: Any) -> Any:
        """The same for what a function returns beside its output."""
        if not isinstance(value, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(value)}")
        return self.leave(value)


def gradients(
    level: Level,
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

Argnums = int | tuple[int, ...]


def _check_argnum(argnum: Any, n_args: int) -> None:
    if not isinstance(argnum, int):
        raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
    if not -n_args <= argnum < n_args:
        raise RuntimeError(f"Got argnum={argnum}, but only {n_args} positional inputs")


def positions(argnums: Argnums, n_args: int) -> list[int]:
    """The positions that ``argnums`` means, counted from the front. Raises RuntimeError."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    if not wanted:
        raise RuntimeError("argnums must be non-empty")
    for one in wanted:
        _check_argnum(one, n_args)
    counted = [one % n_args for one in wanted]
    if len(set(counted)) != len(counted):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return counted


class Watched:
    """Arguments of a call, some of which are differentiated by."""

    def __init__(self, level: Level, args: tuple, argnums: Argnums) -> None:
        chosen = positions(argnums, len(args))
        self.is_single = isinstance(argnums, int)
        watched = [tree_map(level.watch, args[position]) for position in chosen]
        self.args = list(args)
        for position, one in zip(chosen, watched, strict=True):
            self.args[position] = one
        self.leaves, self.spec = tree_flatten(tuple(watched))

    def nest(self, leaves: list) -> Any:
        """Values, one for each tensor that is differentiated by, nested as the arguments are."""
        nested = tree_unflatten(leaves, self.spec)
        return nested[0] if self.is_single else nested


def split_auxiliary(output: Any, has_aux: bool, what: str) -> tuple[Any, Any]:
    """The output proper and what comes beside it."""
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{what}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


class Evaluated:
    """One evaluation of a function on watched arguments; the world outside gets ``value``."""

    title: str  # the transform, as its messages call it

    def __init__(self, func: Callable, args: tuple, argnums: Argnums, has_aux: bool) -> None:
        self.level = Level()
        with enable_grad():
            if args or argnums:
                self.watched = Watched(self.level, args, argnums)
                output = func(*self.watched.args)
            else:
                output = func()
        output, auxiliary = split_auxiliary(output, has_aux, self.title)
        self.outputs, self.spec = tree_flatten(output)
        self.check_outputs()
        self.auxiliary = tree_map(self.level.leave_auxiliary, auxiliary) if has_aux else None
        self.value = tree_unflatten([self.level.leave(one) for one in self.outputs], self.spec)

    def check_outputs(self) -> None:
        """Raise RuntimeError for an output that is no tensor, and where there is none."""
        if self.outputs in ([], [None]):
            raise RuntimeError(
                f"{self.title}: Expected f to be a function that has non-empty output (got output "
                f"= {self.outputs})"
            )
        for one in self.outputs:
            if not isinstance(one, Tensor):
                raise RuntimeError(
                    f"{self.title}: expected f(*primals) to return only tensors, got unsupported "
                    f"type {type(one)}"
                )


__all__ = [
    "Argnums", "Evaluated", "Level", "Watched", "gradients", "positions", "split_auxiliary",
]  # fmt: skip
