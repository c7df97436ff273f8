"""How all tensors of a module are converted, moved or replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn._state import State
from tapegrad.ops._refusal import refusal

if TYPE_CHECKING:
    from typing_extensions import Self


class Conversion(State):
    """``to``, ``float``, ``cpu`` and their kin."""

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert parameters and buffers to a dtype or device, or to a tensor's; integers keep
        theirs. ``memory_format`` orders what has four or five dimensions.
        """
        device, dtype, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            kind = dtype if tensor.is_floating_point() else None
            has_order = memory_format is not None and tensor.dim() in (4, 5)
            order = memory_format if has_order else None
            return tensor.to(
                tensor.device if device is None else device, kind, memory_format=order
            )

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Replace the memory of parameters and buffers by uninitialised memory on ``device``."""
        return self._apply(lambda tensor: tapegrad.empty_like(tensor, device=device), recurse)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to ``dst_type``."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Self:
        """Convert what is floating-point to float32."""
        return self._convert(tapegrad.float32)

    def double(self) -> Self:
        """Convert what is floating-point to float64."""
        return self._convert(tapegrad.float64)

    def half(self) -> Self:
        """Convert what is floating-point to float16."""
        return self._convert(tapegrad.float16)

    def bfloat16(self) -> Self:
        """Raises NotImplementedError where there is something to convert: there is no such
        dtype.
        """
        return self._convert(tapegrad.bfloat16)

    def cpu(self) -> Self:
        """Move everything to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Raises AssertionError where there are parameters: there is no GPU to move them to."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def xpu(self, device: Any = None) -> Self:
        """Raises AssertionError where there are parameters: there is no such device."""
        return self._apply(lambda tensor: tensor.xpu(device))

    def mtia(self, device: Any = None) -> Self:
        """Raises AssertionError where there are parameters: there is no such device."""
        return self._apply(lambda tensor: tensor.to("mtia" if device is None else device))

    def ipu(self, device: Any = None) -> Self:
        """Raises RuntimeError where there are parameters: there is no such device."""
        return self._apply(lambda tensor: tensor.to("ipu" if device is None else device))

    def share_memory(self) -> Self:
        """Move everything into memory that forked processes share with this one."""
        return self._apply(lambda tensor: tensor.share_memory_())

    def _convert(self, dtype: Any) -> Self:
        return self._apply(
            lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor
        )

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
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


def _apply_to_parameter(parameter: Tensor, fn: Callable[[Tensor], Tensor]) -> None:
    """Keep the parameter's identity, which optimizers and tied modules rely on."""
    with tapegrad.no_grad():
        applied = fn(parameter)
        grad, parameter.grad = parameter.grad, None
        parameter.data = applied
        if grad is not None:
            grad.data = fn(grad)
            parameter.grad = grad


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
    """The device, dtype and memory format that the arguments of ``to`` name, each ``None`` if
    not given. Raises TypeError in the words of :meth:`Tensor.to`.
    """
    refused = refusal("to", args, kwargs)
    if refused is not None:
        raise refused
    memory_format = kwargs.get("memory_format")
    first = args[0] if args else None
    if "copy" in kwargs or len(args) > (2 if isinstance(first, (tapegrad.dtype, Tensor)) else 3):
        raise RuntimeError(".to() does not accept copy argument")
    tensor = kwargs.get("tensor", first)
    if isinstance(tensor, Tensor):
        return tensor.device, tensor.dtype, memory_format
    if isinstance(first, tapegrad.dtype):
        return None, first, memory_format
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 else None)
    return kwargs.get("device", first), dtype, memory_format
