"""Parts of a batch on several devices: there is one, so nothing is taken apart."""

from tapegrad._absent import refusal

scatter = scatter_kwargs = gather = refusal(
    RuntimeError, "tapegrad has one device: it neither scatters tensors nor gathers them"
)

__all__ = ["gather", "scatter", "scatter_kwargs"]
