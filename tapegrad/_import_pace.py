"""The garbage collector waits while the library is imported: a twelfth of the time was its passes.

It is not switched off, for an import may fail; it waits for more objects than an import makes.
"""

import gc

_BEFORE = gc.get_threshold()
gc.set_threshold(1_000_000, *_BEFORE[1:])


def finish() -> None:
    """Collect as the program does."""
    gc.set_threshold(*_BEFORE)
