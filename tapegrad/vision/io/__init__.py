"""Files of pictures."""

from tapegrad.vision.io import image
from tapegrad.vision.io.image import ImageReadMode, read_image, write_jpeg, write_png

__all__ = ["ImageReadMode", "image", "read_image", "write_jpeg", "write_png"]
