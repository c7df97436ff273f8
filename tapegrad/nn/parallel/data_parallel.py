"""``DataParallel``: a module around another, which without GPUs runs as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad.nn.module import Module


class DataParallel(Module):
    """Run ``module`` on the devices that there are: on the CPU, as it is.

    Its parameters have the prefix ``module.`` in the state dict, as in PyTorch.
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None,
        dim: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module, inputs: Any, device_ids: Sequence[Any] | None = None,
    output_device: Any = None, dim: int = 0, module_kwargs: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """What the module gives for ``inputs``, a tuple of arguments or the only one."""
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*arguments, **(module_kwargs or {}))


__all__ = ["DataParallel", "data_parallel"]
