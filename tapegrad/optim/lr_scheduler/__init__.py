"""Schedules of learning rates."""

from tapegrad.optim.lr_scheduler.composed import ChainedScheduler, SequentialLR
from tapegrad.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from tapegrad.optim.lr_scheduler.cyclic import CyclicLR
from tapegrad.optim.lr_scheduler.function import LambdaLR, MultiplicativeLR
from tapegrad.optim.lr_scheduler.one_cycle import OneCycleLR
from tapegrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tapegrad.optim.lr_scheduler.ramp import ConstantLR, LinearLR, PolynomialLR
from tapegrad.optim.lr_scheduler.scheduler import LRScheduler, _LRScheduler
from tapegrad.optim.lr_scheduler.steps import ExponentialLR, MultiStepLR, StepLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]
