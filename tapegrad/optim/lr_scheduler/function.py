"""Rates by functions of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad.optim.lr_scheduler.scheduler import LRScheduler, saved_callable
from tapegrad.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class _ByFunctions(LRScheduler):
    """One function of the step's number for each group; only objects' attributes are saved."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        self.optimizer = optimizer
        n = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            lr_lambda = [lr_lambda] * n
        elif len(lr_lambda) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda)
        self._check_functions()
        super().__init__(optimizer, last_epoch)

    def _check_functions(self) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and functions; objects among these by their attributes."""
        state = super().state_dict()
        state["lr_lambdas"] = [saved_callable(function) for function in self.lr_lambdas]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` of a like scheduler gave."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, attributes in zip(functions, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                function.__dict__.update(attributes)

    def _scaled(self, rates: list[Any]) -> list[Any]:
        pairs = zip(self.lr_lambdas, rates, strict=True)
        return [rate * function(self.last_epoch) for function, rate in pairs]


class LambdaLR(_ByFunctions):
    """``lr = base_lr·lr_lambda(epoch)``.

    ``lr_lambda`` is a function or a list of one a group. Raises ``ValueError`` for a list of
    another length.
    """

    def get_lr(self) -> list[Any]:
        """The rates of the step that is being taken."""
        self._warn_outside_step()
        return self._scaled(self.base_lrs)


class MultiplicativeLR(_ByFunctions):
    """``lr ← lr·lr_lambda(epoch)`` from the second step on.

    ``lr_lambda`` is a function or a list of one a group. Raises ``ValueError`` for a list of
    another length and ``TypeError`` for what cannot be called.
    """

    def get_lr(self) -> list[Any]:
        """The rates of the step that is being taken."""
        self._warn_outside_step()
        present = [group["lr"] for group in self.optimizer.param_groups]
        return present if self._is_initial else self._scaled(present)

    def _check_functions(self) -> None:
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )
