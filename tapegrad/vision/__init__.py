"""Pictures: data sets, what is done to them before training, and grids of them, as torchvision.

``python -m tapegrad`` and :func:`tapegrad.as_torch` serve it under the name ``torchvision``.
"""

from tapegrad.vision import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]
