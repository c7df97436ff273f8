"""Apple's Metal: not built in."""

from tapegrad._absent import answer, refusal

is_available = is_built = answer(False)
is_macos_or_newer = is_macos13_or_newer = refusal(
    RuntimeError, "Cannot execute isOnMacOSorNewer() without MPS backend."
)

__all__ = ["is_available", "is_built", "is_macos13_or_newer", "is_macos_or_newer"]
