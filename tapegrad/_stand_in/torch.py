"""Found on the path as ``torch`` by processes that a program under ``python -m tapegrad`` spawns.

They get its path but nothing that it did in memory, so here it is done again.
"""

import sys

from tapegrad import as_torch

del sys.modules["torch"]  # this module, which would pass for PyTorch
as_torch()
import torch  # noqa: E402, F401
