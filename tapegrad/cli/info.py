"""``tapegrad info``: what tapegrad runs on here."""

from __future__ import annotations

import argparse
import json
import platform
from importlib import metadata
from typing import Any

# The packages that something of tapegrad works with, and the extras that bring them.
_PACKAGES = {
    "numpy": "", "tqdm": "", "pillow": "vision", "matplotlib": "plots", "tensorboardX":
    "tensorboard", "safetensors": "safetensors", "tokenizers": "text",
}  # fmt: skip
_INSTRUCTIONS = (
    "SSE2", "SSE42", "AVX", "AVX2", "FMA3", "AVX512F", "AVX512BW", "AVX512DQ", "AVX512VL",
    "AVX512VNNI", "AVX512_BF16", "NEON", "ASIMD", "SVE",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Print a line a fact."""
    facts = gathered()
    if options.json:
        print(json.dumps(facts, indent=2))
        return 0
    for name, value in facts.items():
        shown = " ".join(value) if isinstance(value, list) else value
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {one}" for key, one in value.items())
        print(f"{name + ':':<18}{shown}")
    return 0


def gathered() -> dict[str, Any]:
    """All facts, by name."""
    import tapegrad
    from tapegrad import version

    return {
        "tapegrad": tapegrad.__version__,
        "follows PyTorch": version.__version__.partition("+")[0],
        "Python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name, extra) for name, extra in _PACKAGES.items()},
        "BLAS": _blas(),
        "threads": tapegrad.get_num_threads(),
        "instruction sets": instruction_sets(),
        "vector kernels": vector_level(instruction_sets()),
    }


def _version(package: str, extra: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return f"missing (extra {extra})"


def _blas() -> str:
    import numpy as np

    config: Any = np.show_config(mode="dicts")  # typed as None, what the other mode returns
    found = config["Build Dependencies"]["blas"]
    return f"{found.get('name', 'none')} {found.get('version', '')}".strip()


def instruction_sets() -> list[str]:
    """The vector instructions that the processor has, as NumPy found them."""
    from tapegrad.backends.cpu import _features

    features = _features()
    return [name for name in _INSTRUCTIONS if features.get(name)]


def vector_level(found: list[str]) -> str:
    """Which of the loops in ``_c/vectors.h``, one a level, run on a processor that has those."""
    if not {"AVX2", "FMA3"} <= set(found):
        return "baseline"
    return "AVX-512" if {"AVX512F", "AVX512DQ", "AVX512BW", "AVX512VL"} <= set(found) else "AVX2"
