"""The chain of functions that computes a parametrized tensor, and the tensors it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.container import ModuleList
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter


def register_tensor(module: Module, name: str, tensor: Any) -> None:
    """Register a tensor as what it is: a parameter or a buffer."""
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def check_registered(what: dict[str, Tensor], unsafe_flag: str) -> None:
    """Refuse a parametrization whose result, the second tensor, has another dtype or shape."""
    (before, x), (after, y) = what.items()
    if not isinstance(y, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(y).__name__}.")
    for attribute in ("dtype", "shape"):
        if getattr(x, attribute) != getattr(y, attribute):
            raise ValueError(
                f"Registering a parametrization may not change the {attribute} of the tensor, "
                f"unless {unsafe_flag} flag is enabled.\n"
                f"{before.format(attribute)}: {getattr(x, attribute)}\n"
                f"{after.format(attribute)}: {getattr(y, attribute)}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied one after the other to ``original``.

    ``original`` is what the ``right_inverse`` of the chain makes of the tensor; where that is a
    sequence, ``original0``, ``original1``, … are its members. Raises ValueError for no modules,
    for what is no tensor, and unless ``unsafe`` for a changed shape or dtype.
    """

    original: Tensor
    unsafe: bool

    def __init__(
        self, modules: Sequence[Module], original: Tensor | Parameter, unsafe: bool = False
    ) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new = self._inverted(original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            _check_dtype(original, new)
            original.data = new.detach()
            register_tensor(self, "original", original)
        else:
            self._register_sequence(original, new)
        if not self.unsafe:
            names = {"unparametrized {}": before, "parametrized {}": self()}
            check_registered(names, "`unsafe`")

    def _inverted(self, original: Tensor) -> Any:
        new: Any = original
        with tapegrad.no_grad():
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):  # as if there were none
                        new = module.right_inverse(new)
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        return new

    def _register_sequence(self, original: Tensor, new: Sequence[Any]) -> None:
        for place, member in enumerate(new):
            if not isinstance(member, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                    f"tuple...). Got element {place} of the sequence with type "
                    f"{type(member).__name__}."
                )
            if isinstance(original, Parameter):
                member = Parameter(member, original.requires_grad)
            member.requires_grad_(original.requires_grad)
            register_tensor(self, f"original{place}", member)

    def right_inverse(self, value: Tensor) -> None:
        """Set the original tensors so that the parametrized one becomes ``value``.

        Raises RuntimeError if a parametrization has no ``right_inverse``, ValueError if one gives
        what does not fit.
        """
        with tapegrad.no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement "
                        "right_inverse."
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                self._set_tensor(value)
            else:
                self._set_sequence(value)

    def _set_tensor(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
        if value.dtype != self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` "
                f"has dtype {self.original.dtype}"
            )
        self.original.data = value.detach()

    def _set_sequence(self, values: Any) -> None:
        if not isinstance(values, Sequence):
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors. Got {type(values).__name__}."
            )
        if len(values) != self.ntensors:
            raise ValueError(
                "'right_inverse' must return a sequence of tensors of length "
                f"{self.ntensors}. Got a sequence of length {len(values)}."
            )
        for place, value in enumerate(values):
            original = getattr(self, f"original{place}")
            if not isinstance(value, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. "
                    f"Got element {place} of type {type(value).__name__}."
                )
            if original.dtype != value.dtype:
                raise ValueError(
                    f"Tensor {place} returned by `right_inverse` has dtype {value.dtype} while "
                    f"`original{place}` has dtype {original.dtype}"
                )
            original.data = value.detach()

    def originals(self) -> list[Tensor]:
        """The tensors that the chain starts from."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{place}") for place in range(self.ntensors)]

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *others = self._modules.values()
        x = first(*self.originals())
        for module in others:
            if not isinstance(module, Module):
                break
            x = module(x)
        return x


def _check_dtype(original: Tensor, new: Tensor) -> None:
    if original.dtype != new.dtype:
        raise ValueError(
            "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
            f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
        )
