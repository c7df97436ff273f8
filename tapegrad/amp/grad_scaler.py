"""``GradScaler``: a factor on the loss that keeps gradients of few bits from vanishing."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import float16
from tapegrad.autograd import no_grad
from tapegrad.ops.pointwise import isfinite


class _Stage(Enum):
    READY, UNSCALED, STEPPED = range(3)


@dataclass
class _Progress:
    """How far an optimizer has come since the last update."""

    stage: _Stage = _Stage.READY
    found_inf: bool | None = None


class GradScaler:
    """Scale the loss, unscale the gradients, skip steps with infinite ones, adapt the scale.

    The scale grows by ``growth_factor`` after ``growth_interval`` good steps in a row and shrinks
    by ``backoff_factor`` after each skipped one. On ``device="cuda"``, the default, it is disabled
    with PyTorch's warning: then ``scale`` gives its argument and ``step`` is the optimizer's.
    Source: Micikevicius et al. 2018, https://docs.pytorch.org/docs/2.13/amp.html
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self._device, self._enabled = device, enabled and device != "cuda"
        if enabled and not self._enabled:
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                stacklevel=2,
            )
        if not self._enabled:
            return
        _demand(growth_factor > 1.0, "The growth factor must be > 1.0.")
        _demand(backoff_factor < 1.0, "The backoff factor must be < 1.0.")
        self._init_scale, self._scale = init_scale, None
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._progress: dict[int, _Progress] = defaultdict(_Progress)

    _scale: float | None

    def scale(self, outputs: Any) -> Any:
        """A tensor, or each in lists and tuples of tensors, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = self._init_scale
            return outputs * self._scale
        if not isinstance(outputs, Iterable):
            raise ValueError("outputs must be a Tensor or an iterable of Tensors")
        scaled = map(self.scale, outputs)
        return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled

    def unscale_(self, optimizer: Any) -> None:
        """Divide the optimizer's gradients by the scale, before clipping for example."""
        if not self._enabled:
            return
        scale = self._checked_scale("unscale_")
        progress = self._progress[id(optimizer)]
        if progress.stage is _Stage.UNSCALED:
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        if progress.stage is _Stage.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        grads = _gradients(optimizer)
        if any(grad.dtype is float16 for grad in grads):
            raise ValueError("Attempting to unscale FP16 gradients.")
        inverse = float(np.float32(1.0 / scale))
        with no_grad():
            progress.found_inf = not all(bool(isfinite(grad).all()) for grad in grads)
            for grad in grads:
                grad.mul_(inverse)
        progress.stage = _Stage.UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Unscale, if that has not been done, and step unless a gradient is infinite or NaN."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._checked_scale("step")
        progress = self._progress[id(optimizer)]
        if progress.stage is _Stage.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if progress.stage is _Stage.READY:
            self.unscale_(optimizer)
        _demand(
            bool(_gradients(optimizer)), "No inf checks were recorded for this optimizer."
        )
        result = None if progress.found_inf else optimizer.step(*args, **kwargs)
        progress.stage = _Stage.STEPPED
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Adapt the scale to what the steps since the last update met, or set it."""
        if not self._enabled:
            return
        scale = self._checked_scale("update")
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            found = [one.found_inf for one in self._progress.values() if one.found_inf is not None]
            _demand(bool(found), "No inf checks were recorded prior to update.")
            self._adapt(scale, any(found))
        self._progress.clear()

    def _adapt(self, scale: float, found_inf: bool) -> None:
        if found_inf:
            self._scale, self._growth_tracker = scale * self._backoff_factor, 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            grown = scale * self._growth_factor
            self._scale = grown if grown <= np.finfo(np.float32).max else scale
            self._growth_tracker = 0

    def _checked_scale(self, function: str) -> float:
        if self._scale is None:
            raise AssertionError(
                f"Attempted {function} but _scale is None.  This may indicate your script did not "
                "use scaler.scale(loss or outputs) earlier in the iteration."
            )
        return self._scale

    def get_scale(self) -> float:
        """The factor that the next ``scale`` applies; 1 if disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale

    def get_growth_factor(self) -> float:
        """What a growing scale is multiplied by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what a growing scale is multiplied by."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What a shrinking scale is multiplied by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what a shrinking scale is multiplied by."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """How many good steps in a row let the scale grow."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set how many good steps in a row let the scale grow."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether this scaler scales at all."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale and how it changes; empty if disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue with a saved scale. Raises RuntimeError if it is of a disabled scaler."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        self._scale = None if self._scale is None else self._init_scale
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]


def _gradients(optimizer: Any) -> list[Tensor]:
    params = [param for group in optimizer.param_groups for param in group["params"]]
    return [param.grad for param in params if param.grad is not None]


def _demand(holds: bool, text: str) -> None:
    if not holds:
        raise AssertionError(text)


__all__ = ["GradScaler"]
