"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_rate
from tapegrad.optim._line_search import LineSearch, Point
from tapegrad.optim.optimizer import Optimizer


class LBFGS(Optimizer):
    """Newton steps with a Hessian that is known by the last changes of the gradient.

    A step iterates up to ``max_iter`` times: the direction ``d = -H·g``, where the inverse Hessian
    ``H`` comes from the last ``history_size`` pairs ``(s, y)`` of changes of the parameters and of
    the gradient, by the two-loop recursion; then ``p ← p + t·d`` with ``t = lr`` or, where
    ``line_search_fn="strong_wolfe"``, the ``t`` that such a search finds. ``step`` needs a closure
    that computes the loss and its gradient. All parameters form one group. Raises ``ValueError``
    for options out of range. Sources: Nocedal 1980; Nocedal and Wright 2006.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        check(
            len(self.param_groups) == 1,
            "LBFGS doesn't support per-parameter options (parameter groups)",
        )

    # The closure is asked for here, as in PyTorch; elsewhere it may be left out.
    @tapegrad.no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Iterate from where the last step ended; gives the loss before."""
        if len(self.param_groups) != 1:
            raise AssertionError(
                f"Expected exactly one param_group, but got {len(self.param_groups)}"
            )
        closure = tapegrad.enable_grad()(closure)
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        state["func_evals"] += 1
        gradient = self._flat_gradient()
        if float(gradient.abs().max()) > self.param_groups[0]["tolerance_grad"]:
            self._iterate(closure, state, float(first_loss), gradient)
        return first_loss

    @property
    def _params(self) -> list[Tensor]:
        return self.param_groups[0]["params"]

    def _iterate(self, closure: Callable, state: dict, loss: float, gradient: Tensor) -> None:
        """Steps along new directions until one of the limits is met."""
        group = self.param_groups[0]
        tolerance, lr = group["tolerance_change"], float(group["lr"])
        n_evaluations = 1
        for n in range(1, group["max_iter"] + 1):
            d = _next_direction(state, gradient, group["history_size"])
            before = loss
            state.update(d=d, prev_loss=before, prev_flat_grad=gradient.clone())
            is_first = state["n_iter"] == 1
            state["t"] = t = _first_step(gradient) * lr if is_first else lr
            slope = float(gradient.dot(d))
            if slope > -tolerance:
                return
            is_last, n_new = n == group["max_iter"], 0
            if group["line_search_fn"] is not None:
                start = Point(0.0, loss, gradient, slope)
                allowed = group["max_eval"] - n_evaluations
                found, n_new = self._search(closure, start, d, t, allowed)
                t, loss, gradient, _ = found
                state["t"] = t
                self._move(t, d)
            else:
                self._move(t, d)
                if not is_last:
                    loss, gradient, n_new = float(closure()), self._flat_gradient(), 1
            n_evaluations += n_new
            state["func_evals"] += n_new
            if (
                is_last
                or n_evaluations >= group["max_eval"]
                or float(gradient.abs().max()) <= group["tolerance_grad"]
                or float((d * t).abs().max()) <= tolerance
                or abs(loss - before) < tolerance
            ):
                return

    def _search(
        self, closure: Callable, start: Point, d: Tensor, t: float, max_evaluations: int
    ) -> tuple[Point, int]:
        """The point along ``d`` that the line search finds, and how often it looked."""
        group = self.param_groups[0]
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        origin = [p.clone() for p in self._params]

        def evaluate(step: float) -> tuple[float, Tensor]:
            self._move(step, d)
            loss, gradient = float(closure()), self._flat_gradient()
            for p, value in zip(self._params, origin, strict=True):
                p.copy_(value)
            return loss, gradient

        search = LineSearch(evaluate, d, start, group["tolerance_change"], max_evaluations)
        return search.run(t), search.n_evaluations

    def _flat_gradient(self) -> Tensor:
        return tapegrad.cat(
            [p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1) for p in self._params]
        )

    def _move(self, t: float, d: Tensor) -> None:
        """Add ``t·d`` to the parameters."""
        pieces = d.split([p.numel() for p in self._params])
        for p, piece in zip(self._params, pieces, strict=True):
            p.add_(piece.view_as(p), alpha=t)


def _first_step(gradient: Tensor) -> float:
    """A step that moves no element by more than 1 in all."""
    size = float(gradient.abs().sum())
    return min(1.0, 1.0 / size) if size else 1.0


def _next_direction(state: dict[str, Any], gradient: Tensor, history_size: int) -> Tensor:
    """Against the gradient at first, later by the two-loop recursion over the history."""
    state["n_iter"] += 1
    if state["n_iter"] == 1:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return -gradient
    _remember(state, gradient, history_size)
    changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
    al = state.setdefault("al", [None] * history_size)
    q = -gradient
    for k in reversed(range(len(changes))):
        al[k] = steps[k].dot(q) * ro[k]
        q.add_(changes[k], alpha=-float(al[k]))
    r = q * state["H_diag"]
    for k in range(len(changes)):
        r.add_(steps[k], alpha=float(al[k] - changes[k].dot(r) * ro[k]))
    return r


def _remember(state: dict[str, Any], gradient: Tensor, history_size: int) -> None:
    """Note how parameters and gradient changed, if the curvature between is positive."""
    y, s = gradient - state["prev_flat_grad"], state["d"] * state["t"]
    ys = y.dot(s)
    if float(ys) <= 1e-10:
        return
    histories = state["old_dirs"], state["old_stps"], state["ro"]
    for history, entry in zip(histories, (y, s, 1.0 / ys), strict=True):
        if len(history) == history_size:
            history.pop(0)
        history.append(entry)
    state["H_diag"] = ys / y.dot(y)
