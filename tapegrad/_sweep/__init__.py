"""Backward: the sweep down the tape, and what happens to gradients on the way.

From the bottom up: ``gradients`` (in the form that an input expects), ``hooks`` (also custom
Functions and anomaly reports), ``leaves`` (accumulation), ``products`` (those that are computed
together), ``sweep``.
"""

from tapegrad._sweep.gradients import register_gradient_ops
from tapegrad._sweep.hooks import register_zeros
from tapegrad._sweep.products import OuterProduct
from tapegrad._sweep.sweep import (
    backward_from,
    depends_on_others,
    queue_callback,
    reached,
    register_named_ops,
    root_shape,
    running_sweep,
    sweep_gradients,
    sweep_has_inputs,
    sweep_into,
)

__all__ = [
    "OuterProduct",
    "backward_from",
    "depends_on_others",
    "queue_callback",
    "reached",
    "register_gradient_ops",
    "register_named_ops",
    "register_zeros",
    "root_shape",
    "running_sweep",
    "sweep_gradients",
    "sweep_has_inputs",
    "sweep_into",
]
