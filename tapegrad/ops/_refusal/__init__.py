"""Why a call was refused, in PyTorch's words.

This is found out after the call failed, so that one that works pays nothing for it.
"""

from tapegrad.ops._refusal.explain import explain, refusal

__all__ = ["explain", "refusal"]
