"""Picking elements of planes by their numbers, and placing values there."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops._declare import op


def _pick(input: np.ndarray, indices, n_dims: int) -> np.ndarray:
    sizes = indices.shape[-n_dims:]
    return kernels.by_planes(OURS["pick_in_plane"], (input, indices), sizes, (0, 0))


def _placed(kernel, values: np.ndarray, indices, shape: tuple, n_dims: int) -> np.ndarray:
    return kernels.by_planes(kernel, (values, indices), tuple(shape[-n_dims:]), (0, 0))


pick = op(
    "pick_in_planes",
    forward=_pick,
    drops=("indices",),
    input=lambda g, input_shape, indices, n_dims: place_sums(g, indices, input_shape, n_dims),
    doc="The elements of each plane, which are the last dimensions, with given numbers.",
)
place_sums = op(
    "place_sums",
    forward=lambda values, indices, shape, n_dims: _placed(
        OURS["place_sums"], values, indices, shape, n_dims
    ),
    drops=("indices",),
    values=lambda g, indices, n_dims: pick(g, indices, n_dims),
    doc="Zeros with values added at numbers in each plane.",
)


def _unpool_op(name: str, grad_name: str):
    """Zeros with values at numbers in each plane; of several values the last one stays."""
    return op(
        name,
        forward=lambda values, indices, shape, n_dims: _placed(
            OURS["place_in_plane"], values, indices, shape, n_dims
        ),
        grad_name=grad_name,
        drops=("indices",),
        values=lambda g, indices, n_dims: pick(g, indices, n_dims),
        doc="Zeros with values at numbers in each plane.",
    )


unpool_ops = {d: _unpool_op(f"max_unpool{d}d", f"MaxUnpool{d}DBackward0") for d in (2, 3)}
