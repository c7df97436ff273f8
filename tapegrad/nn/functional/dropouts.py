"""Random zeros."""

from __future__ import annotations

import warnings

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops import dropouts
from tapegrad.ops._declare import written_as


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _check_input(input: object) -> None:
    if not isinstance(input, Tensor):
        raise TypeError(f"expected a Tensor, but got {kind_of(input)}")


@written_as("functional.dropout")
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero elements at random while ``training``.

    Each is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    Shape: any, to the same. Source: Hinton et al. 2012.
    """
    _check_probability(p)
    return dropouts.dropout(input, p, training, inplace)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels. Shape: ``(batch, channels)`` or ``(batch, channels, length)``.

    A channel is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    """
    _check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _drop_channels(input, p, training, inplace, is_batched=input.dim() == 3)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels. Shape: ``(batch, channels, rows, columns)``.

    A channel is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    Source: Tompson et al. 2015.
    """
    _check_probability(p)
    if input.dim() not in (3, 4):
        _warn_of_dimensions("dropout2d", input.dim(), 2)
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return dropouts.feature_dropout(input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels. Shape: ``([batch,] channels, depth, rows, columns)``.

    A channel is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    """
    _check_probability(p)
    if input.dim() not in (4, 5):
        _warn_of_dimensions("dropout3d", input.dim(), 3)
    return _drop_channels(input, p, training, inplace, is_batched=input.dim() == 5)


def _warn_of_dimensions(name: str, n_dims: int, n_spatial: int) -> None:
    warnings.warn(
        f"{name}: Received a {n_dims}-D input to {name}, which is deprecated and will result in an "
        "error in a future release. To retain the behavior and silence this warning, please use "
        f"dropout instead. Note that {name} exists to provide channel-wise dropout on inputs with "
        f"{n_spatial} spatial dimensions, a channel dimension, and an optional batch dimension "
        f"(i.e. {n_spatial + 1}D or {n_spatial + 2}D inputs).",
        stacklevel=3,
    )


def _drop_channels(
    input: Tensor, p: float, training: bool, inplace: bool, is_batched: bool
) -> Tensor:
    if is_batched:
        return dropouts.feature_dropout(input, p, training, inplace)
    result = dropouts.feature_dropout(input.unsqueeze(0), p, training, inplace)
    return input if inplace else result.squeeze(0)


@written_as("functional.alpha_dropout")
def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Drop elements while ``training`` so that mean 0 and variance 1 stay what they are.

    A dropped element takes the lowest value of SELU; all are then scaled and shifted. Shape: any,
    to the same. Source: Klambauer et al. 2017.
    """
    _check_probability(p)
    _check_input(input)
    return dropouts.alpha_dropout(input, p, training, inplace)


@written_as("functional.feature_alpha_dropout")
def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """``alpha_dropout`` of whole channels. Shape: ``(batch, channels, ...)`` to the same."""
    _check_probability(p)
    _check_input(input)
    return dropouts.feature_alpha_dropout(input, p, training, inplace)
