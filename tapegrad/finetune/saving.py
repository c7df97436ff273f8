"""What adapters have learned, apart from the model that they are in."""

from __future__ import annotations

from collections.abc import Mapping

from tapegrad._tensor import Tensor
from tapegrad.finetune._injection import adapted_layers
from tapegrad.finetune._patterns import Patterns, check_found, listed, matches
from tapegrad.nn import Module


def adapter_state_dict(model: Module, also: Patterns | None = None) -> dict[str, Tensor]:
    """The tensors of a model's adapters by their names, for ``save`` or ``safetensors``.

    ``also`` are patterns (see :func:`freeze`) of what is saved with them, such as a new head.
    Raises ValueError for a model without adapters, and for a pattern that fits nothing.
    """
    state, extra = model.state_dict(), listed(also)
    check_found(extra, state, "entry of the state")
    own = [f"{name}.{part}" if name else part
           for name, layer in adapted_layers(model) for part in layer.adapter_parts]  # fmt: skip
    if not own:
        raise ValueError("the model has no adapters: add_lora or add_adapters puts them in")
    return {name: tensor for name, tensor in state.items() if matches(name, [*own, *extra])}


def load_adapter(model: Module, state: Mapping[str, Tensor]) -> Module:
    """Put what :func:`adapter_state_dict` gave into a model with the same adapters.

    Every tensor of the adapters must be there, in the right shape; further ones go to the entries
    of their names. Nothing is written before all is checked. Gives the model. Raises RuntimeError
    that lists what does not fit.
    """
    current = model.state_dict()
    missing = [name for name in adapter_state_dict(model) if name not in state]
    unknown = [name for name in state if name not in current]
    wrong = [f"{name} is {tuple(tensor.shape)}, not {tuple(current[name].shape)}"
             for name, tensor in state.items()
             if name in current and tensor.shape != current[name].shape]  # fmt: skip
    complaints = {"missing": missing, "not in the model": unknown, "of another shape": wrong}
    if any(complaints.values()):
        raise RuntimeError("the adapters do not fit the model" + "".join(
            f"\n    {what}: {', '.join(names)}" for what, names in complaints.items() if names
        ))  # fmt: skip
    model.load_state_dict(dict(state), strict=False)
    return model
