"""Random numbers inside a function that is mapped over a batch."""

from __future__ import annotations

from tapegrad.ops.generators import get_rng_state, set_rng_state

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
        self.start = get_rng_state()
        return self

    def next_sample(self) -> None:
        """Say that the next sample of the batch begins."""
        if self.randomness == "same":
            set_rng_state(self.start)
        else:
            self._check()

    def _check(self) -> None:
        if self.randomness == "error" and not get_rng_state().equal(self.start):
            set_rng_state(self.start)
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )

    def __exit__(self, kind: type | None, *rest: object) -> None:
        if kind is None:
            self._check()


__all__ = ["Draws", "check_randomness"]
