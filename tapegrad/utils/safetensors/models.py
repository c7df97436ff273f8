"""Modules as files, each memory written once."""

from __future__ import annotations

import os
from typing import Any

from tapegrad.nn import Module
from tapegrad.utils.safetensors.reading import load_file
from tapegrad.utils.safetensors.sharing import duplicates
from tapegrad.utils.safetensors.writing import save_file


def save_model(
    model: Module,
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Write a module's state; of tensors that share memory one is kept, the metadata says which."""
    state = dict(model.state_dict())
    noted = dict(metadata or {})
    for kept, others in duplicates(state).items():
        for name in others:
            noted.setdefault(name, kept)
            del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, noted if noted else metadata)


def load_model(
    model: Module, filename: str | os.PathLike, strict: bool = True, device: Any = "cpu"
) -> tuple[set[str], list[str]]:
    """Load a module's state from a file; gives the names that were missing and unexpected.

    Raises RuntimeError if there are such names and the loading is ``strict``.
    """
    state = load_file(filename, device)
    tied = duplicates(model.state_dict(), preferred=set(state))
    result = model.load_state_dict(state, strict=False)
    missing, unexpected = set(result.missing_keys), list(result.unexpected_keys)
    for name in (name for others in tied.values() for name in others):
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        raise RuntimeError(_complaint(type(model).__name__, missing, unexpected))
    return missing, unexpected


def _complaint(kind: str, missing: set[str], unexpected: list[str]) -> str:
    text = f"Error(s) in loading state_dict for {kind}:"
    for what, names in (("Missing", missing), ("Unexpected", unexpected)):
        if names:
            listed = ", ".join(f'"{name}"' for name in sorted(names))
            text += f"\n    {what} key(s) in state_dict: {listed}"
    return text
