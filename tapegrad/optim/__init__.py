"""Optimizers and learning-rate schedules."""

from importlib import import_module
from typing import Any

from tapegrad.optim import lr_scheduler
from tapegrad.optim.adadelta import Adadelta
from tapegrad.optim.adafactor import Adafactor
from tapegrad.optim.adagrad import Adagrad
from tapegrad.optim.adam import Adam
from tapegrad.optim.adamax import Adamax
from tapegrad.optim.adamw import AdamW
from tapegrad.optim.asgd import ASGD
from tapegrad.optim.lbfgs import LBFGS
from tapegrad.optim.nadam import NAdam
from tapegrad.optim.optimizer import Optimizer
from tapegrad.optim.radam import RAdam
from tapegrad.optim.rmsprop import RMSprop
from tapegrad.optim.rprop import Rprop
from tapegrad.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]


def __getattr__(name: str) -> Any:
    """Load ``swa_utils``, which stands on ``nn``, with its first use."""
    if name != "swa_utils":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("tapegrad.optim.swa_utils")
