"""The processor."""

from __future__ import annotations

from numpy._core import _multiarray_umath  # type: ignore[attr-defined]


def get_cpu_capability() -> str:
    """The widest vector instructions at hand: ``AVX512``, ``AVX2``, ``DEFAULT`` ..."""
    features = _multiarray_umath.__cpu_features__
    if features.get("AVX512_SKX"):
        return "AVX512"
    return "AVX2" if features.get("AVX2") else "DEFAULT"


__all__ = ["get_cpu_capability"]
