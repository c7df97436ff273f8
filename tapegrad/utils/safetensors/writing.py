"""Tensors as files."""

from __future__ import annotations

import os

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.utils._atomic import replaced_file
from tapegrad.utils.safetensors._package import package
from tapegrad.utils.safetensors.sharing import sharing


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file with these tensors.

    Raises ValueError for what is not a contiguous tensor, RuntimeError for shared memory.
    """
    arrays = _checked_arrays(tensors)
    return package("safetensors.numpy").save(arrays, metadata=metadata)


def save_file(
    tensors: dict[str, Tensor],
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write a file with these tensors; what was there is replaced whole or stays as it is."""
    data = save(tensors, metadata)
    with replaced_file(os.fspath(filename)) as file:
        file.write(data)


def _checked_arrays(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    if not isinstance(tensors, dict):
        raise ValueError(
            f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}"
        )
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(
                f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}"
            )
    shared = [names for names in sharing(tensors) if len(names) > 1]
    if shared:
        raise RuntimeError(
            "\n            Some tensors share memory, this will lead to duplicate memory on disk "
            f"and potential differences when loading them again: {shared}.\n            A "
            "potential way to correctly save your model is to use `save_model`.\n            More "
            "information at https://huggingface.co/docs/safetensors/torch_shared_tensors\n"
            "            "
        )
    for name, tensor in tensors.items():
        if not tensor.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. "
                "It either means you are trying to save tensors which are reference of each other "
                "in which case it's recommended to save only the full tensors, and reslice at load "
                "time, or simply call `.contiguous()` on your tensor to pack it before saving."
            )
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}
