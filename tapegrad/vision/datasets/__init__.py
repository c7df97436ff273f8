"""Data sets of pictures, read from the files in which they are published."""

from tapegrad.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from tapegrad.vision.datasets.vision import VisionDataset

__all__ = ["KMNIST", "MNIST", "FashionMNIST", "VisionDataset"]
