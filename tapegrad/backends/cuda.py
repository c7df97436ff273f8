"""CUDA: not built in."""

from __future__ import annotations

from types import SimpleNamespace

from tapegrad._absent import answer

is_built = answer(False)
flash_sdp_enabled = mem_efficient_sdp_enabled = cudnn_sdp_enabled = math_sdp_enabled = answer(True)
enable_flash_sdp = enable_mem_efficient_sdp = enable_math_sdp = enable_cudnn_sdp = answer(None)
is_flash_attention_available = answer(False)

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)

__all__ = [
    "cudnn_sdp_enabled", "enable_cudnn_sdp", "enable_flash_sdp", "enable_math_sdp",
    "enable_mem_efficient_sdp", "flash_sdp_enabled", "is_built", "is_flash_attention_available",
    "math_sdp_enabled", "matmul", "mem_efficient_sdp_enabled",
]  # fmt: skip
