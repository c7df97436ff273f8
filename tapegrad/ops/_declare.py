"""How an operation is declared: one block with its name, its kernel and its gradient formulas.

``div = op("div", kernel=np.true_divide, a="div(g, b)", b=lambda g, a, b: -g * (a / b / b))``

Each formula is keyed by the input that it differentiates, and its parameters say what it reads; the
tape saves exactly that:

=================  ===========================================================
``g``              the gradient of the output (of the first of several)
``grads``          the gradients of all outputs; None for one that never came
``out``            the output
an output's name   that output, where ``outputs=`` names several
an argument        its value: a tensor on the recorded edge, or the attribute
``<name>_shape``   the shape of a differentiable input; saves nothing
``needs``          which inputs want a gradient, in a joint formula
=================  ===========================================================

Formulas are tensor expressions, so that derivatives of every order follow from them. One that is a
single op on what it reads, or the gradient itself, is written as a string, ``"div(g, b)"`` or
``"g"``: the sweep then enters no Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from tapegrad._core import CommonCall, InplaceOp, Op, PublicOp, TensorFunction, composite
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._out import note_rule, takes_out

_REGISTRY: dict[str, Op] = {}
_Callable = TypeVar("_Callable", bound=Callable)


def op(
    name: str,
    *,
    kernel: Any = None,
    forward: Callable | None = None,
    grad_name: str | None = None,
    params: Sequence[str] | None = None,
    defaults: tuple | None = None,
    outputs: Sequence[str] = (),
    gradients: Callable | None = None,
    inputs: Sequence[str] = (),
    method: bool = False,
    inplace: bool = False,
    inplace_grad_name: str | None = None,
    out: str | None = None,
    doc: str = "",
    **options: Any,
) -> Op:
    """Declare an operation.

    ``kernel`` is an element-wise kernel or NumPy ufunc; ``forward`` a function on arrays instead.
    Given both, the kernel is for tensors of one dtype that it has a loop for, and at most a number
    behind them.
    Keywords that are no option of :class:`Op` are gradient formulas; ``gradients`` is one formula
    that gives the gradients of all ``inputs`` at once. ``method`` and ``inplace`` attach the op to
    Tensor, as ``x.name()`` and ``x.name_()``; ``inplace_grad_name`` is for in-place forms that
    PyTorch numbers apart. ``out`` is the rule for the dtype of an ``out=``, see :mod:`._out`.
    ``stands_for=(input, inner, outer)`` is for an op whose graph in PyTorch has two nodes,
    ``inner`` on one input and then ``outer``: one entry stands for both. Its formulas read what
    those of ``outer`` do, in the same order, and last, where it was kept, what ``inner`` makes.
    Only the first ``n_recorded`` of several ``outputs``, if given, have a place in the graph: the
    others are there for the formulas.
    """
    if name in _REGISTRY:
        raise ValueError(f"there is an op {name} already")
    flags = {key: options.pop(key) for key in list(options) if key in _FLAGS}
    formulas = options
    names = tuple(params) if params is not None else _argument_names(kernel, forward, formulas)
    joint = gradients is not None
    differentiated = tuple(inputs) if joint else tuple(sorted(formulas, key=names.index))
    given = (gradients,) if joint else tuple(formulas[key] for key in differentiated)
    functions, reads = zip(*map(_read_formula, given), strict=True) if given else ((), ())
    plan = _Plan(names, differentiated, tuple(outputs))
    for edge, read in enumerate(reads):
        plan.add(read, None if joint else edge)
    make: Callable[..., Op] = partial(
        Op,
        name,
        kernel=kernel,
        forward=forward,
        params=names,
        defaults=(getattr(forward, "__defaults__", None) or ()) if defaults is None else defaults,
        edges=tuple(names.index(key) for key in differentiated),
        formulas=functions,
        reads=reads,
        formula_args=tuple(plan.formula_args),
        slots=tuple((kind, index, mask) for (kind, index), mask in plan.slots.items()),
        is_joint=joint,
        has_many_outputs=bool(outputs),
        doc=doc,
        **flags,
    )
    declared = make(grad_name or f"{_camel_case(name)}Backward0")
    _REGISTRY[name] = declared
    rule = out or ("cast" if kernel is not None else "exact")
    note_rule(name, rule, refuses_grad=bool(functions))
    if method:
        attach(name, declared)
    if inplace:
        written = make(inplace_grad_name) if inplace_grad_name else declared
        attach(f"{name}_", InplaceOp(written))
    return declared


_FLAGS = frozenset(
    ("is_view", "makes_float", "takes_mask", "takes_numbers", "takes_sequence", "n_tensors",
     "widens_half",
     "writes", "overwrites", "drops", "stands_for", "kernels_by_number",
     "is_outer", "n_recorded")
)  # fmt: skip


def mixed_op(
    name: str,
    grad_name: str,
    *,
    input: Callable,
    other: Callable,
    numbers: tuple[int | None, int] = (1, 2),
    method: bool = False,
    inplace: bool = False,
    doc: str = "",
    **options: Any,
) -> Callable:
    """Declare an op of two inputs that PyTorch records under another node where one is a number.

    ``numbers`` are those of the nodes where the first and where the second input is a number; None
    where it must not be one.
    """
    both = op(name, grad_name=f"{grad_name}0", input=input, other=other, doc=doc,
              n_tensors=numbers[0] is None, **options)  # fmt: skip
    by_number = op(f"{name}_number", grad_name=f"{grad_name}{numbers[1]}",
                   params=("input", "other"), input=input, doc=doc, **options)  # fmt: skip
    of_number = both
    if numbers[0] is not None:
        of_number = op(f"{name}_of_number", grad_name=f"{grad_name}{numbers[0]}",
                       params=("input", "other"), other=other, doc=doc, **options)  # fmt: skip
    both_written, number_written = InplaceOp(both), InplaceOp(by_number)

    def chosen(input: Any, other: Any) -> Tensor:
        if not isinstance(other, Tensor):
            return by_number(input, other)
        return (both if isinstance(input, Tensor) else of_number)(input, other)

    def written(self: Tensor, other: Any) -> Tensor:
        return (both_written if isinstance(other, Tensor) else number_written)(self, other)

    chosen.__name__, written.__name__ = name, f"{name}_"
    chosen.__doc__, written.__doc__ = doc, both_written.__doc__
    if method:
        attach(name, chosen)
    if inplace:
        attach(f"{name}_", written)
    return takes_out("cast")(chosen)


def without_derivative(name: str) -> Callable:
    """The formula of an input in which PyTorch has no derivative: it raises when asked for."""

    def formula(g: Tensor) -> Tensor:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return formula


def not_differentiable(name: str) -> Callable:
    """The formula of an op that PyTorch cannot differentiate at all, by its internal name."""

    def formula(g: Tensor) -> Tensor:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return formula


_ONE_OP = re.compile(r"(\w+)\((\w+(?:, \w+)*)\)")


def _read_formula(formula: Callable | str) -> tuple[Callable | str | None, tuple[str, ...]]:
    """What the sweep calls, and with which arguments; None stands for the gradient itself."""
    if callable(formula):
        return formula, formula.__code__.co_varnames[: formula.__code__.co_argcount]
    if formula == "g":
        return None, ("g",)
    call = _ONE_OP.fullmatch(formula)
    if call is None:
        raise ValueError(f"not a gradient formula: {formula!r}")
    return call[1], tuple(call[2].split(", "))


def takes_tensors(function: _Callable) -> _Callable:
    """Let a function refuse, in PyTorch's words, what is no tensor where it declares one."""
    return public(cast(Any, function).__name__, function)


def method(
    name: str | None = None, *, called: str | None = None
) -> Callable[[Callable], TensorFunction]:
    """Attach a function to Tensor as a method, under its own or another name.

    As a function, messages about its arguments call it by its own name, or as ``called``. Both take
    tensors alone where it declares one.
    """

    def decorate(function: Callable) -> TensorFunction:
        function = getattr(function, "__wrapped__", function)
        attach(name or function.__name__, function)
        return TensorFunction(function, called=called or function.__name__)

    return decorate


def public(name: str, operation: _Callable, *, is_method: bool = False) -> _Callable:
    """An operation under a name of its own, by which its messages call it."""
    target: Any = operation
    if isinstance(target, PublicOp):
        target = target.__wrapped__
    if isinstance(target, (Op, InplaceOp)):
        return cast(_Callable, PublicOp(target, name, is_method=is_method))
    out: dict[str, Any] = {}
    if isinstance(target, TensorFunction):
        out = {} if is_method else {"name": target.name, "rule": target.rule}
        target = target.__wrapped__
    made = TensorFunction(target, called=name, is_method=is_method, **out)
    if isinstance(operation, TensorFunction):
        made.take_common_calls_of(operation)
    return cast(_Callable, made)


def served_by(call: CommonCall) -> Callable[[_Callable], _Callable]:
    """Let compiled code serve the commonest calls of a function."""

    def decorate(function: _Callable) -> _Callable:
        made: Any = function
        made.take_common_call(call)
        return function

    return decorate


def calls(inner: str, *given: Any) -> Callable[[_Callable], _Callable]:
    """Explain failed calls of a function as those of the compiled one that PyTorch's calls inside.

    What is ``given`` to that are the function's own arguments, by name, and constants.
    """

    def decorate(function: _Callable) -> _Callable:
        made: Any = TensorFunction(cast(Callable, function), called=function.__name__)
        made.compiled = inner, given
        return cast(_Callable, made)

    return decorate


def written_as(name: str) -> Callable[[_Callable], _Callable]:
    """Explain failed calls of a function by the one of this name in :mod:`._refusal.written`."""

    def decorate(function: _Callable) -> _Callable:
        made: Any = TensorFunction(cast(Callable, function), called=function.__name__)
        made.written = name
        return cast(_Callable, made)

    return decorate


def reads_numpy(function: _Callable) -> _Callable:
    """Give a function, undecorated yet, NumPy's numbers as they are: it asks of what kind they are.

    Others get Python's numbers in their place.
    """
    cast(Any, function).reads_numpy = True
    return function


def attach(name: str, operation: Any) -> None:
    """Make an operation a method of Tensor."""
    attach_method(name, public(name, operation, is_method=True))


def alias(name: str, operation: _Callable) -> _Callable:
    """Give an operation, its method and its in-place method, where there are any, another name."""
    for suffix in ("", "_"):
        attached = getattr(Tensor, f"{cast(Any, operation).__name__}{suffix}", None)
        if attached is not None:
            attach(f"{name}{suffix}", attached)
    return public(name, operation)


def _argument_names(kernel: Any, forward: Callable | None, formulas: dict) -> tuple[str, ...]:
    if forward is not None:
        return forward.__code__.co_varnames[: forward.__code__.co_argcount]
    n_in = getattr(kernel, "nin", None) or kernel.n_in
    if len(formulas) == n_in:
        return tuple(formulas)
    return ("input", "other", "third")[:n_in]


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.strip("_").split("_"))


class _Plan:
    """What each formula reads, and therefore what an entry saves."""

    def __init__(self, names: tuple, differentiated: tuple, outputs: tuple) -> None:
        self.names, self.differentiated, self.outputs = names, differentiated, outputs
        self.slots: dict[tuple[str, int], int] = {}
        self.formula_args: list[tuple] = []

    def add(self, read: Sequence[str], edge: int | None) -> None:
        """Plan the arguments of one edge's formula; of all edges for a joint one."""
        mask = (1 << len(self.differentiated)) - 1 if edge is None else 1 << edge
        self.formula_args.append(tuple(self._source(name, mask) for name in read))

    def _source(self, name: str, mask: int) -> tuple[str, int, int]:
        if name in _GRADIENTS:
            return _GRADIENTS[name]
        if name == "out" or name in self.outputs:
            return "slot", self._slot("output", self._output(name), mask), -1
        if name.endswith("_shape") and name[:-6] in self.differentiated:
            edge = self.differentiated.index(name[:-6])
            return "shape", edge, self._slot("shape", edge, mask)
        return "slot", self._slot("argument", self.names.index(name), mask), -1

    def _output(self, name: str) -> int:
        return self.outputs.index(name) if name in self.outputs else 0

    def _slot(self, kind: str, index: int, mask: int) -> int:
        key = (kind, index)
        if key not in self.slots:
            self.slots[key] = mask
            return len(self.slots) - 1
        self.slots[key] |= mask
        return list(self.slots).index(key)


_GRADIENTS = {name: (kind, 0, -1) for name, kind in
              (("g", "gradient"), ("grads", "gradients"), ("needs", "needs"))}  # fmt: skip


__all__ = [
    "alias", "attach", "calls", "composite", "method", "mixed_op", "not_differentiable", "op",
    "public", "reads_numpy", "takes_out", "takes_tensors", "without_derivative", "written_as",
]  # fmt: skip
