"""The processor."""

from __future__ import annotations

from numpy._core import _multiarray_umath  # type: ignore[attr-defined]


def _features() -> dict[str, bool]:
    """The instructions that NumPy found; it has no public name for them."""
    return _multiarray_umath.__cpu_features__


def get_cpu_capability() -> str:
    """The widest vector instructions at hand: ``AVX512``, ``AVX2``, ``DEFAULT`` ..."""
    features = _features()
    if features.get("AVX512_SKX"):
        return "AVX512"
    return "AVX2" if features.get("AVX2") else "DEFAULT"


__all__ = ["get_cpu_capability"]
