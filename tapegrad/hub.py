"""Models from the net: tapegrad fetches none, but knows the folder that PyTorch has them in."""

from __future__ import annotations

import os

from tapegrad._absent import refusal

_folder: list[str] = []


def get_dir() -> str:
    """The folder of fetched models: set, or ``$TORCH_HOME/hub``, or below ``~/.cache``."""
    if _folder:
        return _folder[-1]
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", f"{cache}/torch")), "hub")


def set_dir(d: str | os.PathLike) -> None:
    """Set the folder that :func:`get_dir` gives."""
    _folder[:] = [os.path.expanduser(d)]


load = list = help = load_state_dict_from_url = download_url_to_file = refusal(
    RuntimeError,
    "tapegrad fetches no models from the net: download the file and read it with torch.load",
)

__all__ = [
    "download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url",
    "set_dir",
]  # fmt: skip
