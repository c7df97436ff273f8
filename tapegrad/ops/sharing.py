"""Memory that a process shares with those forked from it."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method
from tapegrad.storage import SharedMemory, lies_in_shared


@method()
def share_memory_(self: Tensor) -> Tensor:
    """Move the elements to where processes forked from this one read and write the same ones.

    Those started otherwise get a copy. Views made before keep the old memory, while PyTorch moves
    them too. Does nothing to a tensor that is shared already.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.share_memory_.html
    """
    if not is_shared(self):
        count = self.numel()
        memory = SharedMemory(-1, max(count * self.element_size(), 1))
        shared = Tensor._wrap(np.frombuffer(memory, self.dtype.numpy, count).reshape(self.shape))
        self.data = shared.copy_(self.detach())
    return self


@method()
def is_shared(self: Tensor) -> bool:
    """Whether forked processes see what is written here."""
    return lies_in_shared(self._array)


__all__ = ["is_shared", "share_memory_"]
