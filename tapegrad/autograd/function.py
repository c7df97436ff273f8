"""Custom operations: ``autograd.Function`` with its own forward and backward."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from tapegrad import _core
from tapegrad._core import Op
from tapegrad._tensor import Tensor, _set_grad_enabled, is_grad_enabled
from tapegrad.autograd.function_context import BackwardCFunction, FunctionCtx


class _FunctionMeta(type):
    """Gives every Function class an operation and a type of contexts, named after it."""

    _backward_function: Callable[[], Callable[..., Any]]
    _context: type[FunctionCtx]

    def __init__(cls, name: str, bases: tuple, namespace: dict) -> None:
        super().__init__(name, bases, namespace)

        def run_backward(context: FunctionCtx, *gradients: Tensor) -> Any:
            return cls._backward_function()(context, *gradients)

        node = namespace.get("_node_name", f"{name}Backward")
        cls._context = type(
            node, (BackwardCFunction,), {"__module__": "torch.autograd.function"}
        )
        cls._op = Op(name, node, params=("inputs",), formulas=(run_backward,), is_function=True)


class Function(metaclass=_FunctionMeta):
    """A differentiable operation of the user's own.

    Subclasses write ``forward(ctx, *args)`` and ``backward(ctx, *grad_outputs)`` as static methods,
    and are called as ``MyFunction.apply(*args)``. ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)`` works too. backward returns one gradient an argument, or
    None. Source: https://docs.pytorch.org/docs/2.13/autograd.html#function
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse the old style, in which an instance was called."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: to be overridden."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple, output: Any) -> None:
        """Prepare the context where ``forward`` takes none: to be overridden."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor) -> Any:
        """Compute the gradients of the inputs: to be overridden."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: FunctionCtx, *grad_inputs: Tensor) -> Any:
        """Compute the tangents of the outputs; nothing calls it: there is no forward mode."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple, *args: Any) -> Any:
        """Compute a batch; nothing calls it: ``func.vmap`` maps what `forward` computes."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or "
            "set generate_vmap_rule=True."
        )

    @classmethod
    def _backward_function(cls) -> Callable:
        backward, vjp = cls.backward, cls.vjp
        if vjp is Function.vjp:
            return backward
        if backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward, and record the operation if an argument wants a gradient."""
        context = cls._context()
        if kwargs or cls.setup_context is not Function.setup_context:
            args = cls._positional(args, kwargs)
        context.needs_input_grad = wanted = _core.wanted_gradients(args)
        recording = is_grad_enabled() and True in wanted
        result = cls._run_forward(context, args)
        return _core.function_outputs(context, cls._op, args, result, recording)

    @classmethod
    def _positional(cls, args: tuple, kwargs: dict) -> tuple:
        """All arguments in forward's order: backward returns a gradient for each."""
        takes_context = cls.setup_context is Function.setup_context
        if not kwargs and not cls.forward.__defaults__:
            return args
        hidden = (None,) if takes_context else ()
        try:
            bound = inspect.signature(cls.forward).bind(*hidden, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"forward() {error}") from None
        for name in bound.kwargs:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if not takes_context:
            bound.apply_defaults()
        return bound.args[len(hidden) :]

    @classmethod
    def _run_forward(cls, context: FunctionCtx, args: tuple) -> Any:
        previous = _set_grad_enabled(False)
        try:
            if cls.setup_context is Function.setup_context:
                return cls.forward(context, *args)
            result = cls.forward(*args)
            cls.setup_context(context, args, result)
            return result
        finally:
            _set_grad_enabled(previous)


class InplaceFunction(Function):
    """What Functions that write their inputs once derived from; a plain Function does as well."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


def once_differentiable(function: Callable) -> Callable:
    """Mark a backward that cannot itself be differentiated: doing so raises RuntimeError."""

    @functools.wraps(function)
    def wrapper(ctx: FunctionCtx, *args: Tensor) -> Any:
        recording = is_grad_enabled()
        previous = _set_grad_enabled(False)
        try:
            outputs = function(ctx, *args)
        finally:
            _set_grad_enabled(previous)
        wants = any(isinstance(one, Tensor) and one.requires_grad for one in args)
        if not recording or not wants:
            return outputs
        single = not isinstance(outputs, tuple)
        given = (outputs,) if single else outputs
        tensors = [one.detach() for one in given if one is not None]
        marked = iter(_DifferentiatedTwice.apply(*[one.requires_grad_() for one in tensors]))
        result = tuple(None if one is None else next(marked) for one in given)
        return result[0] if single else result

    return wrapper


class _DifferentiatedTwice(Function):
    """Passes tensors on and refuses to be differentiated."""

    _node_name = "Error"

    @staticmethod
    def forward(ctx: FunctionCtx, *tensors: Tensor) -> tuple:
        return tuple(one.clone() for one in tensors)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
