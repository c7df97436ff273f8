"""What is done to a picture before a model sees it."""

from tapegrad.vision.transforms import functional
from tapegrad.vision.transforms._erasing import RandomErasing
from tapegrad.vision.transforms._images import InterpolationMode
from tapegrad.vision.transforms.basic import (
    Compose,
    ConvertImageDtype,
    Lambda,
    Normalize,
    PILToTensor,
    RandomApply,
    RandomChoice,
    RandomOrder,
    ToPILImage,
    ToTensor,
)  # fmt: skip
from tapegrad.vision.transforms.color import (
    ColorJitter,
    Grayscale,
    RandomGrayscale,
    RandomInvert,
)  # fmt: skip
from tapegrad.vision.transforms.geometry import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
    TenCrop,
)  # fmt: skip
from tapegrad.vision.transforms.turning import RandomAffine, RandomRotation

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "FiveCrop", "Grayscale",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing", "RandomGrayscale",
    "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomResizedCrop", "RandomRotation",
    "RandomVerticalFlip", "Resize", "TenCrop", "ToPILImage", "ToTensor", "functional",
]  # fmt: skip
