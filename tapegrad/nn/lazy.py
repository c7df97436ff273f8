"""Modules that learn the sizes of their parameters from the first input."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad.nn._registry import Storage
from tapegrad.nn.parameter import is_lazy


class LazyModuleMixin(Storage):
    """The first of a lazy module's bases.

    ``initialize_parameters`` gets what ``forward`` will get, just before the first call, and
    materialises what is uninitialised; the module then becomes a ``cls_to_become``. A state dict
    with known shapes does so too.
    """

    cls_to_become: type | None = None

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(
            self._infer_parameters, with_kwargs=True
        )

    def initialize_parameters(self: Any, *args: Any, **kwargs: Any) -> None:
        """Materialise what is uninitialised; every subclass defines it."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self: Any) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))

    def _materialize(self: Any, name: str, shape: Any) -> None:
        """Give a parameter its memory; a buffer becomes a plain tensor."""
        if name in self._parameters:
            self._parameters[name].materialize(shape)
        else:
            self._buffers[name] = tapegrad.empty(shape, dtype=self._buffers[name].data.dtype)

    def _infer_parameters(self: Any, module: Any, args: Any, kwargs: Any = None) -> None:
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _save_to_state_dict(self: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
        """As other modules, but what is uninitialised cannot be detached."""
        for name, tensor in self._own_state().items():
            as_it_is = keep_vars or is_lazy(tensor)
            destination[prefix + name] = tensor if as_it_is else tensor.detach()

    def _lazy_load_hook(self: Any, state_dict: Any, prefix: str, *args: Any) -> None:
        """Take over the shapes of a state dict."""
        for name, tensor in {**self._parameters, **self._buffers}.items():
            given = state_dict.get(prefix + name)
            if is_lazy(tensor) and given is not None and not is_lazy(given):
                self._materialize(name, given.shape)
