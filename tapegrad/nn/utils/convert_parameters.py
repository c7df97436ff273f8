"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_device

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all ``parameters``, one tensor after the other. Shape: ``(n_elements)``."""
    listed = list(parameters)
    for parameter in listed:
        check_device(parameter.device)
    return tapegrad.cat([parameter.view(-1) for parameter in listed])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let each parameter's memory be its part of ``vec``. Raises TypeError for what is no tensor.

    The parameters share the vector's memory afterwards.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {tapegrad.typename(vec)}")
    start = 0
    for parameter in parameters:
        check_device(parameter.device)
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end
