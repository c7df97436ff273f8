"""What models of pictures are built from."""

from tapegrad.vision.ops import misc
from tapegrad.vision.ops.misc import Conv2dNormActivation

__all__ = ["Conv2dNormActivation", "misc"]
