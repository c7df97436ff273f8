"""A line search that ends where the strong Wolfe conditions hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from tapegrad._tensor import Tensor

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9


class Point(NamedTuple):
    """What is known of the function along the line at one step."""

    step: float
    loss: float
    gradient: Tensor
    slope: float  # along the line


class LineSearch:
    """Look along the direction ``d`` for a step that lowers the loss and flattens its slope.

    ``evaluate(step)`` gives the loss and the gradient there. Sources: Nocedal and Wright 2006,
    algorithms 3.5 and 3.6; the safeguards are PyTorch's.
    """

    def __init__(
        self,
        evaluate: Callable[[float], tuple[float, Tensor]],
        d: Tensor,
        start: Point,
        tolerance: float,
        max_steps: int,
    ) -> None:
        self.evaluate, self.d, self.start = evaluate, d, start
        self.tolerance, self.max_steps = tolerance, max_steps
        self.length = float(d.abs().max())
        self.n_evaluations = 0

    def run(self, step: float) -> Point:
        """The point that is found, beginning with ``step``."""
        return self._zoom(*self._bracket(step))

    def _point(self, step: float) -> Point:
        loss, gradient = self.evaluate(step)
        self.n_evaluations += 1
        return Point(step, loss, gradient, float(gradient.dot(self.d)))

    def _is_too_high(self, point: Point) -> bool:
        """Whether the loss fell less than the slope at the start promises."""
        promised = SUFFICIENT_DECREASE * point.step * self.start.slope
        return point.loss > self.start.loss + promised

    def _is_flat(self, point: Point) -> bool:
        return abs(point.slope) <= -CURVATURE * self.start.slope

    def _bracket(self, step: float) -> tuple[list[Point], bool]:
        """Go on until an interval surely holds such a point, or one is met."""
        before, here = self.start, self._point(step)
        for n in range(self.max_steps):
            if self._is_too_high(here) or (n > 1 and here.loss >= before.loss):
                return [before, here], False
            if self._is_flat(here):
                return [here], True
            if here.slope >= 0:
                return [before, here], False
            least = here.step + 0.01 * (here.step - before.step)
            step = _lowest_of_cubic(before, here, (least, here.step * 10))
            before, here = here, self._point(step)
        return [self.start, here], False

    def _zoom(self, ends: list[Point], is_done: bool) -> Point:
        """Narrow the interval down; its end with the lower loss is the answer."""
        low, is_slow = _lower(ends), False
        while not is_done and self.n_evaluations <= self.max_steps:
            left, right = sorted(end.step for end in ends)
            if (right - left) * self.length < self.tolerance:
                break
            step = _lowest_of_cubic(ends[0], ends[1])
            step, is_slow = _keep_inside(step, left, right, is_slow)
            here = self._point(step)
            if self._is_too_high(here) or here.loss >= ends[low].loss:
                ends[1 - low] = here
                low = _lower(ends)
                continue
            is_done = self._is_flat(here)
            if not is_done and here.slope * (ends[1 - low].step - ends[low].step) >= 0:
                ends[1 - low] = ends[low]
            ends[low] = here
        return ends[low]


def _lower(ends: list[Point]) -> int:
    return 0 if ends[0].loss <= ends[-1].loss else 1


def _keep_inside(step: float, left: float, right: float, is_slow: bool) -> tuple[float, bool]:
    """Stay off the ends of the interval if the search was close to one before."""
    margin = 0.1 * (right - left)
    if min(right - step, step - left) >= margin:
        return step, False
    if not is_slow and left < step < right:
        return step, True
    return (right - margin if abs(step - right) < abs(step - left) else left + margin), False


def _lowest_of_cubic(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """The minimum of the cubic through two points with their slopes, within ``bounds``."""
    if a.step > b.step:
        a, b = b, a
    least, most = bounds or (a.step, b.step)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step)
    square = d1 * d1 - a.slope * b.slope
    d2 = math.sqrt(square) if square >= 0 else math.nan
    curvature = b.slope - a.slope + 2 * d2
    if math.isnan(d2) or curvature == 0:
        return (least + most) / 2
    lowest = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / curvature)
    return min(max(lowest, least), most)
