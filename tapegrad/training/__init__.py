"""Training: the loop, and the pieces that it is made of, each of which works alone."""

from tapegrad.training.best import Best, EarlyStopping
from tapegrad.training.callbacks import Callback, SaveHistory, TensorBoard
from tapegrad.training.checkpoint import CheckpointError, Checkpoints
from tapegrad.training.confusion import F1, ConfusionMatrix, Precision, Recall
from tapegrad.training.corrupt import (
    CorruptSampleError,
    EmptyBatchError,
    Readable,
    readable_batches,
)
from tapegrad.training.evaluation import evaluate, evaluating, forward_pass, predict
from tapegrad.training.gradients import clip_gradients
from tapegrad.training.history import History
from tapegrad.training.interrupt import DeferredInterrupt, Interrupted
from tapegrad.training.lr_finder import RateSearch, find_rate
from tapegrad.training.metrics import Accuracy, Mean, MeanOf, Metric
from tapegrad.training.nonfinite import NonFiniteError, Origin, find_nonfinite
from tapegrad.training.plots import plot_confusion, plot_history
from tapegrad.training.random_state import random_state, seed_everything, set_random_state
from tapegrad.training.resuming import rest_of_pass
from tapegrad.training.trainer import Trainer
from tapegrad.training.unfreezing import UnfreezeGradually

__all__ = [
    "F1", "Accuracy", "Best", "Callback", "CheckpointError", "Checkpoints", "ConfusionMatrix",
    "CorruptSampleError", "DeferredInterrupt", "EarlyStopping", "EmptyBatchError", "History",
    "Interrupted", "Mean", "MeanOf", "Metric", "NonFiniteError", "Origin", "Precision",
    "RateSearch", "Readable", "Recall", "SaveHistory", "TensorBoard", "Trainer",
    "UnfreezeGradually", "clip_gradients", "evaluate", "evaluating", "find_nonfinite",
    "find_rate", "forward_pass", "plot_confusion",
    "plot_history", "predict", "random_state", "readable_batches", "rest_of_pass",
    "seed_everything", "set_random_state",
]  # fmt: skip
