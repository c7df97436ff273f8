"""The base of all regions, and regions that depend on other parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._kernels import all_between
from tapegrad._tensor import Tensor


class Constraint:
    """A region; ``is_discrete`` if it is made of points."""

    is_discrete: Any = False
    event_dim: Any = 0

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # What says anew which values lie inside says so of all of them at once, too.
        if "check" in cls.__dict__ and "_holds" not in cls.__dict__:
            cls._holds = Constraint._holds  # type: ignore[method-assign]

    def check(self, value: Tensor) -> Tensor:
        """Whether each value lies in the region."""
        raise NotImplementedError

    def _holds(self, value: Tensor) -> bool:
        """Whether all values lie in the region."""
        return bool(self.check(value).all())

    def __repr__(self) -> str:
        return type(self).__name__[1:] + "()"


def all_lie_in(region: Any, value: Any) -> bool:
    """Whether all values lie in a region, which need not be one of ours."""
    if isinstance(region, Constraint) and isinstance(value, Tensor):
        return region._holds(value)
    return bool(region.check(value).all())


def by_bounds(
    low: str | None = "lower_bound", high: str | None = "upper_bound", *,
    has_low: bool = True, has_high: bool = True, is_whole: bool = False,
) -> Any:  # fmt: skip
    """The way of a region of numbers to say in one pass whether it holds all values.

    ``low`` and ``high`` are the attributes that hold its bounds, which lie inside or not.
    """

    def holds(region: Any, value: Tensor) -> bool:
        least = None if low is None else getattr(region, low)
        most = None if high is None else getattr(region, high)
        known = all_between(value._array, least, most, has_low, has_high, is_whole)
        return Constraint._holds(region, value) if known is None else known

    return holds


def all_of_last(truths: Tensor, n_dims: int) -> Tensor:
    return truths.reshape((*truths.shape[: truths.dim() - n_dims], -1)).all(-1)


class _Dependent(Constraint):
    """A region that depends on other parameters: it cannot be checked alone."""

    def __init__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> None:
        self._is_discrete, self._event_dim = is_discrete, event_dim

    @property
    def is_discrete(self) -> bool:
        if self._is_discrete is NotImplemented:
            raise NotImplementedError(".is_discrete cannot be determined statically")
        return self._is_discrete

    @property
    def event_dim(self) -> int:
        if self._event_dim is NotImplemented:
            raise NotImplementedError(".event_dim cannot be determined statically")
        return self._event_dim

    def __call__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> _Dependent:
        return _Dependent(
            is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("Cannot determine validity of dependent constraint")


def is_dependent(constraint: Any) -> bool:
    """Whether a region depends on other parameters."""
    return isinstance(constraint, _Dependent)


class _DependentProperty(property, _Dependent):
    """A property whose value is a region; on the class a dependent one."""

    def __init__(
        self,
        fn: Callable[..., Any] | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        super().__init__(fn)
        self._is_discrete, self._event_dim = is_discrete, event_dim

    def __call__(  # type: ignore[override]
        self, fn: Callable[..., Any]
    ) -> _DependentProperty:
        return _DependentProperty(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)
