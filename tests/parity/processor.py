"""Which of PyTorch's kernels this machine runs: its last digits depend on the processor."""

import platform
from pathlib import Path

import torch

RECORDED_ON = Path(__file__).with_name("recorded_on.txt")


def processor() -> str:
    """Name the maker of the processor and the instructions that PyTorch uses on it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    makers = [line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")]
    maker = makers[0] if makers else platform.machine()
    return f"{maker} {torch.backends.cpu.get_cpu_capability()}"
