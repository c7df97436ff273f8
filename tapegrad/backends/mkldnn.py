"""oneDNN: tapegrad does not use it."""

from tapegrad._absent import answer

is_available = answer(False)

enabled = True
deterministic = False
allow_tf32 = True

__all__ = ["allow_tf32", "deterministic", "enabled", "is_available"]
