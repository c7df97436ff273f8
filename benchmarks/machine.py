"""What ran where: the processor, its cores, the versions and the day."""

import datetime
import importlib.util
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

NAMES = {"torch": "PyTorch", "jax": "JAX"}


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


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
