"""A generator's state as PyTorch's CPU generator writes it down, and as ours holds it in memory.

Both are the 624 words of an MT19937, how many of them are used up, the seed, and the second number
of a pair of normal ones. PyTorch counts how many words are left, one more than there are, and keeps
fields of an older generator that are always zero. Source: Matsumoto and Nishimura 1998.
"""

from __future__ import annotations

import numpy as np

N_WORDS = 624

_HELD = np.dtype([("words", "u4", N_WORDS), ("next", "i8"), ("normal", "f8"),
                  ("has_normal", "i8"), ("seed", "u8")])  # tg_generator, _c/generator.h
_PORTABLE = np.dtype([
    ("seed", "u8"), ("left", "i4"), ("seeded", "i4"), ("next", "u8"), ("words", "u8", N_WORDS),
    ("normal_x", "f8"), ("normal", "f8"), ("normal_rho", "f8"), ("has_normal", "i8"),
    ("float_normal", "f4"), ("has_float_normal", "?"),
], align=True)  # fmt: skip
STATE_SIZE = _PORTABLE.itemsize


def to_portable(state: np.ndarray) -> np.ndarray:
    """The state in PyTorch's form, from the bytes that kernels draw from."""
    held, made = state.view(_HELD)[0], np.zeros(1, _PORTABLE)
    for name in ("seed", "words", "next", "normal", "has_normal"):
        made[name] = held[name]
    made["left"], made["seeded"] = N_WORDS + 1 - held["next"], 1
    made["next"] %= N_WORDS         # as after seeding, where no word is made yet
    return made.view(np.uint8)


def from_portable(state: np.ndarray) -> np.ndarray:
    """The bytes that kernels draw from; raises RuntimeError for a state that none can be in."""
    given, made = state.view(_PORTABLE)[0], np.zeros(1, _HELD)
    left = int(given["left"])
    if not given["seeded"] or not 0 < left <= N_WORDS or given["next"] > N_WORDS:
        raise RuntimeError("Invalid mt19937 state")
    for name in ("seed", "words", "normal", "has_normal"):
        made[name] = given[name]
    made["next"] = N_WORDS + 1 - left
    return made.view(np.uint8)


def seed_of(state: np.ndarray) -> int:
    """The seed that the stream started from."""
    return int(state.view(_HELD)[0]["seed"])


__all__ = ["N_WORDS", "STATE_SIZE", "from_portable", "seed_of", "to_portable"]
