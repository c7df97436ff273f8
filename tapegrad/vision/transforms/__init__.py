"""What is done to a picture before a model sees it."""

from tapegrad.vision.transforms import functional
from tapegrad.vision.transforms.basic import Compose, Lambda, Normalize, ToTensor

__all__ = ["Compose", "Lambda", "Normalize", "ToTensor", "functional"]
