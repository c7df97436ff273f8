"""Pictures: models, data sets, transforms before training, and grids of them, as torchvision.

``python -m tapegrad`` and :func:`tapegrad.as_torch` serve it under the name ``torchvision``.
"""

from tapegrad.vision import datasets, io, models, ops, transforms, utils

__version__ = "0.28.0+cpu"  # the torchvision whose behaviour is followed

__all__ = ["datasets", "io", "models", "ops", "transforms", "utils"]
