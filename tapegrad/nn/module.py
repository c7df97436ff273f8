"""The base of every layer and model."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn._loading import _IncompatibleKeys
from tapegrad.nn._registry import set_raw, storage_of
from tapegrad.nn._state import State

__all__ = ["Module", "_IncompatibleKeys"]


def _fresh_attributes() -> dict[str, Any]:
    """What a new module's ``__dict__`` holds, in PyTorch's order."""
    return {
        "training": True,
        "_parameters": {},
        "_buffers": {},
        "_non_persistent_buffers_set": set(),
        "_backward_pre_hooks": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
        "_forward_hooks": OrderedDict(),
        "_forward_hooks_with_kwargs": OrderedDict(),
        "_forward_hooks_always_called": OrderedDict(),
        "_forward_pre_hooks": OrderedDict(),
        "_forward_pre_hooks_with_kwargs": OrderedDict(),
        "_state_dict_hooks": OrderedDict(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
        "_modules": {},
    }


class Module(State):
    """A layer or model: parameters, buffers and sub-modules, and a ``forward`` that uses them.

    Assigning a ``Parameter``, ``Buffer`` or ``Module`` to an attribute registers it.
    """

    dump_patches = False
    call_super_init = False
    training: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs and not self.call_super_init:
            name = next(iter(kwargs))
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'"
            )
        if args and not self.call_super_init:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} "
                "were given"
            )
        for name, value in _fresh_attributes().items():
            set_raw(self, name, value)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input: Any) -> Any:
        """Compute the output; every subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def train(self, mode: bool = True) -> Module:
        """Set training mode here and below."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Set evaluation mode here and below."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Freeze or unfreeze all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad.detach_().zero_()

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Convert parameters and buffers to a dtype or device, or to a tensor's; integers keep
        theirs.
        """
        device, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            kind = dtype if tensor.is_floating_point() else None
            return tensor.to(tensor.device if device is None else device, kind)

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Module:
        """Replace the memory of parameters and buffers by uninitialised memory on ``device``."""
        return self._apply(lambda tensor: tapegrad.empty_like(tensor, device=device), recurse)

    def type(self, dst_type: Any) -> Module:
        """Convert all parameters and buffers to ``dst_type``."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Module:
        """Convert what is floating-point to float32."""
        return self._convert(tapegrad.float32)

    def double(self) -> Module:
        """Convert what is floating-point to float64."""
        return self._convert(tapegrad.float64)

    def half(self) -> Module:
        """Convert what is floating-point to float16."""
        return self._convert(tapegrad.float16)

    def cpu(self) -> Module:
        """Move everything to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: Any = None) -> Module:
        """Raises AssertionError where there are parameters: there is no GPU to move them to."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def xpu(self, device: Any = None) -> Module:
        """Raises AssertionError where there are parameters: there is no such device."""
        return self._apply(lambda tensor: tensor.xpu(device))

    def _convert(self, dtype: Any) -> Module:
        return self._apply(
            lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor
        )

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        """Replace every parameter's data, its gradient's and every buffer by what ``fn`` makes
        of it.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                _apply_to_parameter(parameter, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr, before the sub-modules."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        if not children and len(lines) < 2:
            return f"{self._get_name()}({extra})"
        return (
            f"{self._get_name()}(" + "".join(f"\n  {line}" for line in [*lines, *children]) + "\n)"
        )

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        for name, value in _fresh_attributes().items():
            if name not in storage_of(self):
                set_raw(self, name, value)


def _apply_to_parameter(parameter: Tensor, fn: Callable[[Tensor], Tensor]) -> None:
    """Keep the parameter's identity, which optimizers and tied modules rely on."""
    with tapegrad.no_grad():
        applied = fn(parameter)
        grad, parameter.grad = parameter.grad, None
        parameter.data = applied
        if grad is not None:
            grad.data = fn(grad)
            parameter.grad = grad


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The device and dtype that the arguments of ``to`` name, each ``None`` if not given."""
    kwargs = {name: value for name, value in kwargs.items() if name not in _IGNORED_BY_TO}
    if args and isinstance(args[0], Tensor):
        kwargs["tensor"], args = args[0], args[1:]
    if args and isinstance(args[0], tapegrad.dtype):
        kwargs["dtype"], args = args[0], args[1:]
    elif args:
        kwargs["device"], kwargs["dtype"] = args[0], args[1] if len(args) > 1 else None
    unknown = set(kwargs) - {"tensor", "dtype", "device"}
    if unknown:
        given = ", ".join(f"{name}={type(kwargs[name]).__name__}" for name in kwargs)
        raise TypeError(_BAD_TO.format(given))
    if (tensor := kwargs.get("tensor")) is not None:
        return tensor.device, tensor.dtype
    return kwargs.get("device"), kwargs.get("dtype")


_IGNORED_BY_TO = ("non_blocking", "copy", "memory_format")
_BAD_TO = (
    "to() received an invalid combination of arguments - got ({}, ), but expected one of:\n"
    " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, "
    "bool copy = False, *, torch.memory_format memory_format = None)\n"
    " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
    " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
)
