"""What ran where: the processor, its cores, the versions and the day."""

import datetime
import importlib.util
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

NAMES = {"torch": "PyTorch", "jax": "JAX"}


def _described_as(field: str) -> str:
    """Return what Linux says of the first processor, or nothing."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith(field):
                return line.split(":", 1)[1].strip()
    return ""


def processor() -> str:
    """Return the processor's name."""
    return _described_as("model name") or platform.processor() or platform.machine()


def has_avx512() -> bool:
    """Whether the processor is known to have vectors of 64 bytes."""
    return "avx512f" in _described_as("flags").split()


def missing() -> list[str]:
    """Return the names of the rivals that are not installed here."""
    return [name for module, name in NAMES.items() if not importlib.util.find_spec(module)]


def described(versions: Mapping[str, str]) -> str:
    """Say what ran where; first of all what could not be compared with."""
    absent = "".join(f"**{name} is not installed: nothing is compared with it.** "
                     for name in missing())
    rivals = "".join(f", {name} {versions[module]}"
                     for module, name in NAMES.items() if module in versions)
    return (f"{absent}{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, "
            f"NumPy {np.__version__}{rivals}; {datetime.date.today():%d %B %Y}.")


HOW = (
    "A process a library and case, rounds in turn; the ratio is PyTorch's time over tapegrad's, "
    "the median of the rounds with their 10th and 90th percentile.")
