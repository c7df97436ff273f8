"""Random numbers inside a function that is mapped over a batch."""

from __future__ import annotations

import numpy as np

from tapegrad.ops.generators import default_generator

_MODES = ("error", "different", "same")


def check_randomness(randomness: str) -> None:
    """Raise RuntimeError for what is no way to draw."""
    if randomness not in _MODES:
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )


class Draws:
    """A block in which samples draw the ``same`` numbers, ``different`` ones, or none (``error``).

    Whether numbers were drawn shows in the default generator's state; after an error that is what
    it was before.
    """

    def __init__(self, randomness: str) -> None:
        check_randomness(randomness)
        self.randomness = randomness

    def __enter__(self) -> Draws:
        self.start = default_generator._state.tobytes()
        return self

    def next_sample(self) -> None:
        """Say that the next sample of the batch begins."""
        if self.randomness == "same":
            self._go_back()
        else:
            self._check()

    def _go_back(self) -> None:
        with default_generator._lock:
            state = default_generator._state
            state[:] = np.frombuffer(self.start, state.dtype)

    def _check(self) -> None:
        if self.randomness == "error" and default_generator._state.tobytes() != self.start:
            self._go_back()
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )

    def __exit__(self, kind: type | None, *rest: object) -> None:
        if kind is None:
            self._check()


__all__ = ["Draws", "check_randomness"]
