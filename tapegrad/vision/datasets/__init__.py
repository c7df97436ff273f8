"""Data sets of pictures, read from the files in which they are published."""

from tapegrad.vision.datasets.cifar import CIFAR10, CIFAR100
from tapegrad.vision.datasets.emnist import EMNIST
from tapegrad.vision.datasets.fakedata import FakeData
from tapegrad.vision.datasets.folder import DatasetFolder, ImageFolder
from tapegrad.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from tapegrad.vision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "KMNIST", "MNIST", "DatasetFolder", "FakeData",
    "FashionMNIST", "ImageFolder", "VisionDataset",
]  # fmt: skip
