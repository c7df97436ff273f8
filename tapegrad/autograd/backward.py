"""Running backward: ``tensor.backward()``, ``autograd.backward`` and ``autograd.grad``."""

from __future__ import annotations

import operator
import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, overload

from tapegrad import _sweep
from tapegrad._tensor import Tensor, attach_method
from tapegrad.autograd.graph import GradientEdge
from tapegrad.ops.create import zeros_like
from tapegrad.ops.shape import stack


class _Repetition(threading.local):
    """Whether what runs now will run again on the same graphs."""

    is_ahead = False
    n_kept = 0  # how often a graph was kept for that


_REPETITION = _Repetition()


class repeated:
    """A block that may run again: if ``is_ahead``, `grad` keeps graphs unless told otherwise."""

    def __init__(self, is_ahead: bool) -> None:
        self.is_ahead = is_ahead

    def __enter__(self) -> repeated:
        self.before, self.n_before = _REPETITION.is_ahead, _REPETITION.n_kept
        _REPETITION.is_ahead = self.before or self.is_ahead
        return self

    def __exit__(self, *exception: object) -> None:
        _REPETITION.is_ahead = self.before

    def kept_graphs(self) -> bool:
        """Whether a graph was kept that would have been freed."""
        return _REPETITION.n_kept > self.n_before


def _roots(tensors: Any) -> list[Tensor | GradientEdge]:
    """What a sweep starts from, in a list."""
    return [tensors] if isinstance(tensors, (Tensor, GradientEdge)) else list(tensors)


def _targets(inputs: Any, caller: str) -> list[Tensor | GradientEdge]:
    """What gradients are wanted of, in a list."""
    if isinstance(inputs, (Tensor, GradientEdge)):
        return [inputs]
    if isinstance(inputs, Mapping) and type(inputs) is not dict:
        raise TypeError(
            f"`inputs` argument to `{caller}()` must be a dict, not {type(inputs).__name__}. Other "
            "Mapping types are not supported."
        )
    inputs = list(inputs.values() if type(inputs) is dict else inputs)
    if not inputs:
        raise RuntimeError(f"`inputs` argument to `{caller}()` cannot be empty.")
    return inputs


def _check_targets(targets: list) -> None:
    for one in targets:
        if not isinstance(one, (Tensor, GradientEdge)):
            raise RuntimeError(
                f"all inputs have to be Tensors or GradientEdges, but got {type(one).__name__}"
            )


def _gradients_for(roots: list, gradients: Any) -> list:
    """One initial gradient a root: given ones, or None. As in PyTorch, there may be too many."""
    if gradients is None:
        gradients = [None] * len(roots)
    gradients = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    for root, one in zip(roots, gradients, strict=False):
        if not (one is None or isinstance(one, Tensor)):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(one).__name__}"
            )
        if not isinstance(root, (Tensor, GradientEdge)):
            raise AssertionError("Expected output to be a torch.Tensor")
    if len(gradients) < len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    return gradients[: len(roots)]


def backward(
    tensors: Tensor | GradientEdge | Sequence[Tensor | GradientEdge],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Tensor | Sequence[Tensor] | None = None,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Accumulate the gradients of ``tensors`` into the leaves that they depend on.

    A GradientEdge stands for a tensor whose gradient goes there. ``grad_tensors`` are the vectors
    of vector-Jacobian products, None for scalars. With ``inputs``, which may be the values of a
    dict, only these get gradients. Buffers
    are freed unless ``retain_graph``, which is ``create_graph`` unless given.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    roots = _roots(tensors)
    targets = None if inputs is None else _targets(inputs, "backward")
    starts = _gradients_for(roots, grad_tensors)
    for flag in (create_graph if retain_graph is None else retain_graph, create_graph):
        operator.index(flag)
    if create_graph:
        _warn_of_cycle()
    if targets is None:
        _sweep.sweep_gradients(roots, starts, retain_graph, create_graph)
        return
    _check_targets(targets)
    _sweep.sweep_into(roots, starts, retain_graph, create_graph, targets)


@lru_cache(maxsize=1)
def _warn_of_cycle() -> None:
    """Say, once, what a gradient with a graph holds."""
    warnings.warn(
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using "
        "autograd.grad when creating the graph to avoid this. If you have to use this function, "
        "make sure to reset the .grad fields of your parameters to None after use to break the "
        "cycle and avoid the leak.",
        UserWarning,
        stacklevel=3,
    )


def _tensor_backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Accumulate the gradients of this tensor into the leaves that it depends on.

    ``gradient`` is the vector of the vector-Jacobian product; a scalar needs none.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html
    """
    if gradient is None and retain_graph is None and not create_graph and inputs is None:
        _sweep.backward_from(self)
    else:
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)


_tensor_backward.__name__, _tensor_backward.__qualname__ = "backward", "Tensor.backward"
attach_method("backward", _tensor_backward)


@overload
def grad(
    outputs: Any, inputs: dict[str, Tensor], *args: Any, **kwargs: Any
) -> dict[str, Tensor | None]: ...
@overload
def grad(
    outputs: Any,
    inputs: Tensor | GradientEdge | Sequence[Tensor | GradientEdge],
    *args: Any,
    **kwargs: Any,
) -> tuple[Tensor | None, ...]: ...
def grad(
    outputs: Tensor | GradientEdge | Sequence[Tensor | GradientEdge],
    inputs: Tensor | GradientEdge | Sequence[Tensor | GradientEdge] | dict[str, Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of ``outputs`` with respect to ``inputs``; no ``.grad`` changes.

    A dict of inputs gives a dict. An input that the outputs do not depend on raises RuntimeError,
    gives None with ``allow_unused`` or zeros with ``materialize_grads``. ``is_grads_batched`` takes
    a batch of ``grad_outputs`` along dimension 0. Source: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    if retain_graph is None and _REPETITION.is_ahead:
        retain_graph = True
        _REPETITION.n_kept += 1
    roots, targets = _roots(outputs), _targets(inputs, "grad")
    starts = _gradients_for(roots, grad_outputs)
    _check_targets(targets)
    if is_grads_batched:
        results = _batched(roots, targets, starts, retain_graph, create_graph)
    else:
        results = _sweep.sweep_gradients(roots, starts, retain_graph, create_graph, targets)
    completed = _completed(results, targets, allow_unused, materialize_grads, create_graph)
    return dict(zip(inputs, completed, strict=True)) if type(inputs) is dict else completed


def _completed(
    results: tuple,
    targets: list,
    allow_unused: bool | None,
    materialize_grads: bool,
    create_graph: bool,
) -> tuple:
    if materialize_grads:
        if any(
            one is None and isinstance(target, GradientEdge)
            for one, target in zip(results, targets, strict=True)
        ):
            raise RuntimeError(
                "materialize_grads cannot be used when the given input is a GradientEdge"
            )
        return tuple(
            zeros_like(target, requires_grad=create_graph) if one is None else one
            for one, target in zip(results, targets, strict=True)
        )
    unused = [position for position, one in enumerate(results) if one is None]
    if unused and not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {unused[0]} appears to not have been used in the "
            "graph. Set allow_unused=True if this is the desired behavior."
        )
    return results


def _batched(
    roots: list,
    targets: list,
    starts: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
) -> tuple:
    """One sweep for each gradient of a batch; the results are stacked."""
    count = _batch_size(roots, starts)
    rows = []
    for k in range(count):
        gradients = [one if one is None else one[k] for one in starts]
        keep = True if k < count - 1 else retain_graph
        rows.append(_sweep.sweep_gradients(roots, gradients, keep, create_graph, targets))
    return tuple(None if column[0] is None else stack(column) for column in zip(*rows, strict=True))


def _batch_size(roots: list, starts: list[Tensor | None]) -> int:
    """The number of gradients in a batch, after PyTorch's checks of them."""
    sizes = []
    for position, (root, start) in enumerate(zip(roots, starts, strict=True)):
        shape = _sweep.root_shape(root)
        if start is None:
            if shape.numel() != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            raise ValueError(
                "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input "
                "is a Tensor of dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0."
            )
        first = start[0]
        if first.shape != shape:
            if isinstance(root, GradientEdge):
                raise RuntimeError("Batched grads are not supported with GradientEdge")
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{position}] has a shape of {first.shape} and output[{position}] has "
                f"a shape of {shape}. If you only want some tensors in `grad_output` to be "
                "considered batched, consider using vmap."
            )
        sizes.append(len(start))
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0]
