"""What reductions share: the way back from fewer dimensions to more."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops.shape import expand_op, unsqueeze_op


def with_lost_dims(reduced, dims: tuple | None, keepdim: bool):
    """A reduced tensor with its lost dimensions back as size 1; as it is if all were lost."""
    if not keepdim and dims is not None:
        for dim in sorted(dims):
            reduced = unsqueeze_op(reduced, dim)
    return reduced


def restore(reduced, shape: tuple, dims: tuple | None, keepdim: bool):
    """A reduced tensor expanded to the shape that it was reduced from."""
    return expand_op(with_lost_dims(reduced, dims, keepdim), shape)


def refuse_empty(name: str, input: Tensor, dim: int) -> None:
    """Refuse to look for an element where there is none."""
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


__all__ = ["refuse_empty", "restore", "with_lost_dims"]
