"""Images mixed from several chains of changes."""

from __future__ import annotations

from typing import Any

from tapegrad import Tensor, _sample_dirichlet, randint, tensor
from tapegrad.nn import Module
from tapegrad.vision.transforms._augmentations import FACTORS, Space, applied, drawn, space
from tapegrad.vision.transforms._conversion import as_tensor_image
from tapegrad.vision.transforms._images import InterpolationMode, fill_for

HIGHEST_SEVERITY = 10


class AugMix(Module):
    """The image mixed with ``mixture_width`` chains of changes, by random weights.

    A chain has ``chain_depth`` changes, or one to three if that is negative, each of one of the
    ``severity`` weakest strengths. ``alpha`` is the concentration of the weights' Dirichlet
    distribution. ``all_ops`` has brightness, contrast, colour and sharpness among the changes.
    Raises ValueError for a severity that is not from 1 to 10. Source: Hendrycks et al. 2020.
    """

    def __init__(
        self, severity: int = 3, mixture_width: int = 3, chain_depth: int = -1, alpha: float = 1.0,
        all_ops: bool = True, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 1 <= severity <= HIGHEST_SEVERITY:
            raise ValueError(
                f"The severity must be between [1, {HIGHEST_SEVERITY}]. Got {severity} instead."
            )
        self.severity, self.mixture_width, self.chain_depth = severity, mixture_width, chain_depth
        self.alpha, self.all_ops = alpha, all_ops
        self.interpolation, self.fill = interpolation, fill

    def forward(self, orig_img: Any) -> Any:
        """The image."""
        fill = fill_for(orig_img, self.fill)
        img, back = as_tensor_image(orig_img)
        batch = img.view([1] * (4 - img.ndim) + list(img.shape))
        among = self._changes(*img.shape[-2:])
        kept, changed = self._weights(len(batch), 2).unbind(1)
        weights = self._weights(len(batch), self.mixture_width) * changed[:, None]
        mix = _each(kept, batch) * batch
        for chain in weights.unbind(1):
            result = batch
            for _ in range(self._depth()):
                change = drawn(among, lambda n: randint(self.severity, (1,)))
                result = applied(result, *change, self.interpolation, fill)
            mix.add_(_each(chain, batch) * result)
        return back(mix.view(img.shape).to(img.dtype))

    def _weights(self, n: int, parts: int) -> Tensor:
        return _sample_dirichlet(tensor([self.alpha] * parts).expand(n, -1))

    def _depth(self) -> int:
        return self.chain_depth if self.chain_depth > 0 else int(randint(1, 4, size=(1,)).item())

    def _changes(self, height: int, width: int) -> Space:
        """The changes in their order; of posterisation it is the strengths below four bits."""
        reach = (width / 3.0, height / 3.0)
        found = space(HIGHEST_SEVERITY, 0.3, reach, 30.0, 0.9, bits=(4, 4))
        colours = {name: found.pop(name) for name in FACTORS}
        return found | colours if self.all_ops else found

    def __repr__(self) -> str:
        names = ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", "interpolation",
                 "fill")  # fmt: skip
        inside = ", ".join(f"{name}={getattr(self, name)}" for name in names)
        return f"{self.__class__.__name__}({inside})"


def _each(weights: Tensor, batch: Tensor) -> Tensor:
    """A weight a picture."""
    return weights.view([-1] + [1] * (batch.ndim - 1))
