"""What a custom Function's forward leaves for its backward."""

from __future__ import annotations

import warnings

from tapegrad import _core
from tapegrad._tensor import Context, Tensor


class FunctionCtx(Context):
    """What forward leaves for backward: saved tensors, flags, and attributes of the user's own."""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for backward: they come back as ``saved_tensors``, checked for changes."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``jvp``, which nothing calls here: there is no forward mode."""
        if not all(one is None or isinstance(one, Tensor) for one in tensors):
            raise AssertionError(
                "save_for_forward expects all arguments to be tensors; you should save non-tensors "
                "as attributes on ctx."
            )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Say which inputs forward wrote in place; they must be returned."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (True) or None for gradients that never came."""
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got (), but "
                "expected (bool)"
            )
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple:
        """What :meth:`save_for_backward` kept."""
        return _core.saved_tensors_of(self)

    @property
    def _raw_saved_tensors(self) -> tuple:
        """The places where the node keeps them, for hooks of their own."""
        return _core.raw_saved_tensors_of(self)

    @property
    def saved_variables(self) -> tuple:
        """The older name of :attr:`saved_tensors`, with PyTorch's warning."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning,
            stacklevel=2,
        )  # fmt: skip
        return self.saved_tensors


class BackwardCFunction(FunctionCtx):
    """What the contexts of all custom Functions are; each Function has a class of its own."""


__all__ = ["BackwardCFunction", "FunctionCtx"]
