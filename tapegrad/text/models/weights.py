"""Published files of weights, with the names that a model has here."""

from __future__ import annotations

import os
from pathlib import Path

import tapegrad
from tapegrad._tensor import Tensor

CONFIG = "config.json"
FILES = ("model.safetensors", "pytorch_model.bin")
# Old files name the parts of a layer norm as TensorFlow does.
_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
_CONSTANTS = {"embeddings.position_ids", "embeddings.token_type_ids"}


def find_weights(path: str | os.PathLike) -> Path:
    """The file of weights at a path, which may be that of its folder.

    Raises FileNotFoundError that says which files are looked for.
    """
    place = Path(path)
    found = [place] if place.is_file() else [place / name for name in FILES]
    for file in found:
        if file.is_file():
            return file
    raise FileNotFoundError(
        f"no weights at {place}: give a file, or a folder with {' or '.join(FILES)} in it"
    )


def read_weights(file: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors of a file by name.

    Names may begin with ``prefix``, as in the file of a network that has the model inside; those of
    such a file that do not are the other network's, and left out.
    """
    if file.suffix == ".safetensors":
        from tapegrad.utils.safetensors import load_file

        tensors = load_file(file)
    else:
        tensors = tapegrad.load(file, weights_only=True)
    if not isinstance(tensors, dict):
        raise ValueError(f"{file} holds {type(tensors).__name__}, not tensors by name")
    if any(name.startswith(prefix) for name in tensors):
        tensors = {
            name.removeprefix(prefix): tensor
            for name, tensor in tensors.items()
            if name.startswith(prefix)
        }
    return {
        renamed(name): tensor for name, tensor in tensors.items() if name not in _CONSTANTS
    }


def renamed(name: str) -> str:
    """A name in the spelling of today."""
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
