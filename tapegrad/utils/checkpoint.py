"""Trading time for memory: parts of a graph whose saved tensors are computed anew in backward."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tapegrad import _sweep
from tapegrad._tensor import Tensor
from tapegrad.autograd import Function, backward, enable_grad, no_grad
from tapegrad.autograd.graph import saved_tensors_hooks
from tapegrad.nn import Module, Sequential
from tapegrad.ops.create import zeros
from tapegrad.ops.generators import get_rng_state, set_rng_state

_Contexts = tuple[AbstractContextManager, AbstractContextManager]

_LABEL = "torch.utils.checkpoint:"
_STOPS_EARLY: list[bool] = []  # what blocks of `set_checkpoint_early_stop` ask for, innermost last


class CheckpointError(RuntimeError):
    """The recomputation did not do what the first computation did."""


def noop_context_fn() -> _Contexts:
    """Two blocks without effect, for the first computation and for the second."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Say whether recomputations in a block stop once all that is needed has been recomputed."""
    _STOPS_EARLY.append(enable)
    try:
        yield
    finally:
        _STOPS_EARLY.pop()


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Ask for PyTorch's longer texts in a block; as ``debug``, here it changes nothing."""
    yield


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], _Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, keeping its inputs alone; backward computes it once more.

    The recomputation draws the same random numbers unless ``preserve_rng_state=False``. With
    ``use_reentrant`` it is a backward inside the backward; without, what is saved is recomputed
    when it is first read, derivatives of every order work, and shapes and dtypes are compared with
    those of the first time unless ``determinism_check="none"``. ``context_fn`` gives blocks around
    the two computations. ``debug`` asks PyTorch for longer texts; here it changes nothing.
    Source: https://docs.pytorch.org/docs/2.13/checkpoint.html
    """
    if use_reentrant is None:
        warnings.warn(
            f"{_LABEL} the use_reentrant parameter should be passed explicitly. Starting in "
            "PyTorch 2.9, calling checkpoint without use_reentrant will raise an exception. "
            "use_reentrant=False is recommended, but if you need to preserve the current default "
            "behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
            "differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    keeps_random_state = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError(
                "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
            )
        return CheckpointFunction.apply(function, keeps_random_state, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            "determinism_check should be one of ['default', 'none'], but got "
            f"{determinism_check}"
        )
    run = _Recomputed(function, args, kwargs, context_fn, keeps_random_state)
    run.is_checked = determinism_check == "default"
    run.stops_early = _STOPS_EARLY[-1] if _STOPS_EARLY else early_stop
    return run.compute()


class _RandomState:
    """The state of the random numbers when it was made, to be had again for a while."""

    def __init__(self) -> None:
        self.state = get_rng_state()

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Start from that state in a block; afterwards all goes on as if it had not been."""
        current = get_rng_state()
        set_rng_state(self.state)
        try:
            yield
        finally:
            set_rng_state(current)


# ------------------------------------------------------------------------- saved values anew


class _Place:
    """Stands on the tape for a saved tensor; holds what was recomputed, and for which sweep."""

    __slots__ = ("__weakref__", "described", "sweep", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.described = _description(tensor)
        self.sweep = -1
        self.tensor: Tensor | None = None


def _description(tensor: Tensor) -> dict[str, Any]:
    """What must be the same when a tensor is recomputed."""
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


class _AllRecomputed(Exception):  # noqa: N818
    """Ends a recomputation that has given all that is needed."""


class _KeepInputs(Function):
    """Saves the inputs of a checkpoint where an outer checkpoint can see, and recompute, them."""

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, *tensors: Tensor) -> Tensor:
        ctx.save_for_backward(*tensors)
        return anchor.new_empty(0)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        raise AssertionError("nothing depends on what keeps the inputs of a checkpoint")


class _Recomputed:
    """One checkpointed call: the places of its saved tensors, and how to fill them again."""

    is_checked = stops_early = True
    has_run = False      # whether the first computation is over
    was_cut = False      # whether it swept itself, so that the counts of tensors need not agree

    def __init__(
        self,
        function: Callable,
        args: tuple,
        kwargs: dict[str, Any],
        context_fn: Callable[[], _Contexts],
        keeps_random_state: bool,
    ) -> None:
        self.function = function
        self.around_first, self.around_second = context_fn()
        self.random_state = _RandomState() if keeps_random_state else None
        self.places: list[weakref.ref[_Place]] = []
        self.first_args, self.first_kwargs = args, kwargs

    def compute(self) -> Any:
        """The first computation; its saved tensors are forgotten."""
        args, kwargs = self.first_args, self.first_kwargs
        values = [*args, *kwargs.values()]
        tensors = [one for one in values if isinstance(one, Tensor)]
        self.keeper = _KeepInputs.apply(zeros(0, requires_grad=True), *tensors)
        if self.keeper.grad_fn is None:  # nothing is recorded
            with self.around_first:
                return self.function(*args, **kwargs)
        self.others = [None if isinstance(one, Tensor) else one for one in values]
        self.is_tensor = [isinstance(one, Tensor) for one in values]
        self.n_args, self.names = len(args), list(kwargs)
        del self.first_args, self.first_kwargs
        with saved_tensors_hooks(self.pack, self.unpack), self.around_first:
            result = self.function(*args, **kwargs)
        self.has_run = True
        return result

    def pack(self, tensor: Tensor) -> _Place:
        """Keep a place in place of a tensor."""
        place = _Place(tensor)
        self.places.append(weakref.ref(place))
        return place

    def unpack(self, place: _Place) -> Tensor:
        """The tensor that belongs to a place; computed with all the others when first asked for.

        It is given up then: what is recomputed lives no longer than the sweep needs it.
        """
        sweep = _sweep.running_sweep()
        if place.sweep != sweep or not sweep:
            self.recompute(sweep)
        tensor, place.tensor = place.tensor, None
        if tensor is None:
            raise CheckpointError(
                f"{_LABEL} Unpack is being triggered for a tensor that was already unpacked once. "
                "If you are calling ctx.saved_tensors in backward, make sure to do so only once. "
                "Otherwise please open an issue with details on your use case."
            )
        return tensor

    def recompute(self, sweep: int) -> None:
        """Fill the places that are still needed."""
        tensors = iter(self.keeper.grad_fn.saved_tensors)
        values = [
            next(tensors) if is_tensor else other
            for is_tensor, other in zip(self.is_tensor, self.others, strict=True)
        ]
        args = values[: self.n_args]
        kwargs = dict(zip(self.names, values[self.n_args :], strict=True))
        filling = _Filling(self, sweep)
        random = nullcontext() if self.random_state is None else self.random_state.restored()
        try:
            with random, enable_grad(), filling.hooks(), self.around_second:
                self.function(*args, **kwargs)
        except _AllRecomputed:
            pass
        filling.check()


class _Filling:
    """One recomputation: which places have been reached, and what was found there."""

    def __init__(self, call: _Recomputed, sweep: int) -> None:
        self.call, self.sweep = call, sweep
        self.n_seen = 0
        self.differing: list[str] = []

    def hooks(self) -> saved_tensors_hooks:
        """The hooks under which the function runs again."""
        return saved_tensors_hooks(self.take, lambda tensor: tensor)

    def take(self, tensor: Tensor) -> Tensor:
        """Put a recomputed tensor into its place."""
        places, position = self.call.places, self.n_seen
        if position >= len(places):
            if not self.call.has_run:
                self.call.was_cut = True
            elif self.call.is_checked and not self.call.was_cut:
                raise CheckpointError(
                    f"{_LABEL} trying to save more tensors during recomputation than during the "
                    "original forward pass."
                )
            return tensor.detach()
        place = places[position]()
        self.n_seen += 1
        kept = tensor.detach() if tensor.requires_grad else tensor
        if place is not None:
            place.tensor, place.sweep = kept, self.sweep
            self.compare(position, place.described, _description(tensor))
        if self.call.stops_early and self.n_seen == len(places):
            raise _AllRecomputed
        return kept

    def compare(self, position: int, saved: dict, recomputed: dict) -> None:
        """Note a tensor that is not like the one of the first time."""
        if self.call.is_checked and saved != recomputed:
            self.differing.append(
                f"tensor at position {position}:\nsaved metadata: {saved}\n"
                f"recomputed metadata: {recomputed}"
            )

    def check(self) -> None:
        """Raise CheckpointError unless all was as the first time."""
        if self.call.was_cut:
            return
        if self.n_seen < len(self.call.places):
            raise CheckpointError(
                f"{_LABEL} A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.call.places)}\n"
                f"Number of tensors saved during recomputation: {self.n_seen}."
            )
        if self.differing:
            raise CheckpointError(
                f"{_LABEL} Recomputed values for the following tensors have different metadata "
                "than during the forward pass.\n" + "\n".join(self.differing) + "\n."
            )


# ------------------------------------------------------------------------- a backward inside


class CheckpointFunction(Function):
    """The reentrant way: nothing of the function is recorded; backward runs it and sweeps it."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable, preserve_rng_state: bool, *args: Any) -> Any:
        """Compute without recording."""
        if not any(isinstance(one, Tensor) and one.requires_grad for one in args):
            warnings.warn(
                "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=4
            )
        ctx.run_function = run_function
        ctx.random_state = _RandomState() if preserve_rng_state else None
        ctx.others = [None if isinstance(one, Tensor) else one for one in args]
        ctx.positions = [k for k, one in enumerate(args) if isinstance(one, Tensor)]
        ctx.save_for_backward(*(args[k] for k in ctx.positions))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        """Compute once more, recording, and sweep."""
        if _sweep.sweep_has_inputs():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can "
                "either set use_reentrant=False, or call .backward() without passing the `inputs` "
                "argument."
            )
        args = list(ctx.others)
        for position, tensor in zip(ctx.positions, ctx.saved_tensors, strict=True):
            args[position] = tensor.detach().requires_grad_(tensor.requires_grad)
        random = nullcontext() if ctx.random_state is None else ctx.random_state.restored()
        with random, enable_grad():
            outputs = ctx.run_function(*args)
        pairs = [
            (one, gradient)
            for one, gradient in zip(_as_tuple(outputs), grad_outputs, strict=True)
            if isinstance(one, Tensor) and one.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        backward([one for one, _ in pairs], [gradient for _, gradient in pairs])
        return None, None, *(one.grad if isinstance(one, Tensor) else None for one in args)


def _as_tuple(outputs: Any) -> tuple:
    return outputs if isinstance(outputs, tuple) else (outputs,)


# ------------------------------------------------------------------------- chains of modules


def checkpoint_sequential(
    functions: Module | Sequence[Callable],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Run a chain of functions in ``segments`` parts, each but the last one checkpointed.

    ``functions`` is a Sequential or a list; each takes what the one before returns.
    Source: https://docs.pytorch.org/docs/2.13/checkpoint.html
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be "
            "passed explicitly. In version 2.9 we will raise an exception if use_reentrant is not "
            "passed. use_reentrant=False is recommended, but if you need to preserve the current "
            "default behavior, you can pass use_reentrant=True. Refer to docs for more details on "
            "the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    keeps_random_state = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    steps: Any = list(functions.children()) if isinstance(functions, Sequential) else functions
    length = len(steps) // segments
    end = 0
    for start in range(0, length * (segments - 1), length):
        end = start + length
        input = checkpoint(
            _chain(steps[start:end]), input, use_reentrant=use_reentrant,
            preserve_rng_state=keeps_random_state,
        )  # fmt: skip
    return _chain(steps[end:])(input)


def _chain(steps: Sequence[Callable]) -> Callable:
    def run(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return run


__all__ = [
    "CheckpointError", "CheckpointFunction", "checkpoint", "checkpoint_sequential",
    "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
]  # fmt: skip
