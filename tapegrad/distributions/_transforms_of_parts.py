"""Transforms made of transforms: one after the other, side by side, over more dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions._transform import Transform
from tapegrad.distributions.utils import sum_rightmost


def _joined_event_dim(changes: Iterable[tuple[int, int]]) -> int:
    """How many dimensions an event needs so that each part finds its own."""
    event_dim = 0
    for before, after in changes:
        event_dim = max(event_dim + after - before, after)
    return event_dim


def _widened(constraint: Any, event_dim: int) -> Any:
    n_more = event_dim - constraint.event_dim
    return constraints.independent(constraint, n_more) if n_more else constraint


class ComposeTransform(Transform):
    """Several transforms, one after the other."""

    _arguments = ("parts",)

    def __init__(self, parts: list[Any], cache_size: int = 0) -> None:
        if cache_size:
            parts = [part.with_cache(cache_size) for part in parts]
        super().__init__(cache_size)
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash((ComposeTransform, *self.parts))

    @property
    def domain(self) -> Any:
        if not self.parts:
            return constraints.real
        back = ((p.codomain.event_dim, p.domain.event_dim) for p in reversed(self.parts))
        return _widened(self.parts[0].domain, _joined_event_dim(back))

    @property
    def codomain(self) -> Any:
        if not self.parts:
            return constraints.real
        forth = ((p.domain.event_dim, p.codomain.event_dim) for p in self.parts)
        return _widened(self.parts[-1].codomain, _joined_event_dim(forth))

    @property
    def bijective(self) -> bool:
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Transform:
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return tapegrad.zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        total: Any = 0
        event_dim = self.domain.event_dim
        for part, before, after in zip(self.parts, values, [*values[1:], y], strict=True):
            slope = part.log_abs_det_jacobian(before, after)
            total = total + sum_rightmost(slope, event_dim - part.domain.event_dim)
            event_dim += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: Any) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(shape)

    def inverse_shape(self, shape: Any) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(shape)

    def __repr__(self) -> str:
        parts = ",\n    ".join(map(repr, self.parts))
        return f"{type(self).__name__}(\n    {parts}\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform for which the last dimensions are one event."""

    _arguments = ("base_transform", "reinterpreted_batch_ndims")

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def domain(self) -> Any:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Any:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        if x.dim() < self.domain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        if y.dim() < self.codomain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        slope = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(slope, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Size:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


class _SideBySide(Transform):
    """Several transforms, each of its part along a dimension."""

    def __init__(self, tseq: Sequence[Any], dim: int, cache_size: int) -> None:
        if not all(isinstance(one, Transform) for one in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size)
        self.transforms = [one.with_cache(cache_size) for one in tseq] if cache_size else list(tseq)
        self.dim = dim

    def _check_size(self, value: Tensor, name: str, kind: str, expected: str, size: int) -> None:
        if not -value.dim() <= self.dim < value.dim():
            raise AssertionError(
                f"dim {self.dim} out of range for {kind} with {value.dim()} dimensions"
            )
        if value.size(self.dim) != size:
            raise AssertionError(
                f"{name}.size({self.dim}) = {value.size(self.dim)} must equal {expected} {size}"
            )

    def _split(self, value: Tensor, name: str, kind: str = "tensor") -> Sequence[Tensor]:
        raise NotImplementedError

    def _join(self, parts: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _call(self, x: Tensor) -> Tensor:
        parts = self._split(x, "x")
        return self._join([one(p) for one, p in zip(self.transforms, parts, strict=True)])

    def _inverse(self, y: Tensor) -> Tensor:
        parts = self._split(y, "y")
        return self._join([one.inv(p) for one, p in zip(self.transforms, parts, strict=True)])

    def _slopes(self, x: Tensor, y: Tensor) -> list[Tensor]:
        parts = zip(
            self.transforms, self._split(x, "x", "x"), self._split(y, "y", "y"), strict=True
        )
        return [one.log_abs_det_jacobian(before, after) for one, before, after in parts]

    @property
    def bijective(self) -> bool:
        return all(one.bijective for one in self.transforms)


class CatTransform(_SideBySide):
    """Transforms of parts that lie one after the other along a dimension."""

    _arguments = ("transforms", "dim", "lengths")

    def __init__(
        self,
        tseq: Sequence[Any],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})"
            )

    @property
    def event_dim(self) -> int:
        return max(one.event_dim for one in self.transforms)

    @property
    def length(self) -> int:
        """How long the parts are together."""
        return sum(self.lengths)

    @property
    def domain(self) -> Any:
        return constraints.cat([one.domain for one in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:
        return constraints.cat([one.codomain for one in self.transforms], self.dim, self.lengths)

    def _split(self, value: Tensor, name: str, kind: str = "tensor") -> Sequence[Tensor]:
        self._check_size(value, name, kind, "length", self.length)
        return value.split(self.lengths, self.dim)

    def _join(self, parts: list[Tensor]) -> Tensor:
        return tapegrad.cat(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        slopes: list[Any] = [
            sum_rightmost(slope, self.event_dim - one.event_dim)
            for one, slope in zip(self.transforms, self._slopes(x, y), strict=True)
        ]
        dim = (self.dim if self.dim < 0 else self.dim - x.dim()) + self.event_dim
        return tapegrad.cat(slopes, dim) if dim < 0 else sum(slopes)  # else within an event


class StackTransform(_SideBySide):
    """Transforms of parts that are stacked along a dimension."""

    _arguments = ("transforms", "dim")

    def __init__(self, tseq: Sequence[Any], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    @property
    def domain(self) -> Any:
        return constraints.stack([one.domain for one in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:
        return constraints.stack([one.codomain for one in self.transforms], self.dim)

    def _split(self, value: Tensor, name: str, kind: str = "tensor") -> Sequence[Tensor]:
        self._check_size(value, name, kind, "len(transforms)", len(self.transforms))
        return value.unbind(self.dim)

    def _join(self, parts: list[Tensor]) -> Tensor:
        return tapegrad.stack(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self._join(self._slopes(x, y))
