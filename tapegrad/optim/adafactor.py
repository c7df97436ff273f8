"""Adafactor."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.optim._checks import check, check_one_element, is_not_negative
from tapegrad.optim._formula import FormulaOptimizer, number_tensor
from tapegrad.optim._update import Update


def _update(kernel: str, tensors: tuple[str, ...]) -> Update:
    return Update(
        kernel,
        "adafactor_factors",
        numbers={"step": 0.0},
        tensors=tensors,
        options=("beta2_decay", "eps", "d"),
        is_whole=True,
    )


class Adafactor(FormulaOptimizer):
    """Scale a matrix's gradient by what its rows and columns have been like.

    With ``b = t^beta2_decay``: the means of ``g²`` over rows and columns move by ``b``,
    ``r ← r + b·(mean(g², -1) - r)`` and ``c ← c + b·(mean(g², -2) - c)``, and
    ``v = r·c / max(mean(r), eps1)``; of a vector ``v ← v + b·(g² - v)`` itself is kept. Then
    ``u = g / sqrt(max(v, eps1²))``, ``p ← p - a·u / max(1, rms(u) / d)`` with
    ``a = max(eps2, rms(p))·min(lr, 1 / sqrt(t))``. Weight decay shrinks ``p`` by
    ``lr·weight_decay`` first. ``eps`` is ``(eps1, eps2)``; ``eps1=None`` is the dtype's epsilon.
    Raises ``ValueError`` for options out of range. Source: Shazeer and Stern 2018.
    """

    update = _update("adafactor", ("row_var", "col_var"))
    vector_update: ClassVar[Update] = _update("adafactor_vector", ("variance",))
    late_options: ClassVar[dict[str, Any]] = {"foreach": None}

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_one_element(lr, "lr")
        check(is_not_negative(lr), f"Learning rate should be >= 0 but is: {lr}")
        check(beta2_decay <= 0.0, f"beta2_decay should be <= 0 but is: {beta2_decay}")
        check(
            eps[0] is None or is_not_negative(eps[0]), f"epsilon1 should be >= 0 but is: {eps[0]}"
        )
        check(is_not_negative(eps[1]), f"epsilon2 should be >= 0 but is: {eps[1]}")
        check(d >= 1.0, f"Clipping threshold d should be >= 1 but is: {d}")
        check(is_not_negative(weight_decay), f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """Means of rows and columns for matrices, of every element for vectors."""
        shapes: dict[str, tuple[int, ...]] = {"variance": p.shape}
        if p.dim() > 1:
            *batch, rows, columns = p.shape
            shapes = {"row_var": (*batch, rows, 1), "col_var": (*batch, 1, columns)}
        return {"step": number_tensor(0.0, group)} | {
            name: tapegrad.zeros(shape, dtype=p.dtype) for name, shape in shapes.items()
        }

    def _step_at_once(self, group: dict[str, Any]) -> None:
        for p in group["params"]:
            if p.grad is not None:
                self.state[p]  # in the order of the group, whatever the shapes
        for update, has_rows in ((self.update, True), (self.vector_update, False)):
            members = [p for p in group["params"] if (p.dim() > 1) is has_rows]
            update({**group, "params": members}, self)
