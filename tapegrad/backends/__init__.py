"""Libraries that PyTorch computes with: which of them are there, and the switches programs set.

A switch can be set and read back; it changes nothing.
"""

from __future__ import annotations

from tapegrad.backends import cpu, cuda, cudnn, mha, mkl, mkldnn, mps, openmp, opt_einsum, quantized

fp32_precision = "none"

__all__ = [
    "cpu", "cuda", "cudnn", "fp32_precision", "mha", "mkl", "mkldnn", "mps", "openmp",
    "opt_einsum", "quantized",
]  # fmt: skip
