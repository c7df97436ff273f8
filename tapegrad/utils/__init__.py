"""What programs around a model need: recomputation in place of stored activations."""

from tapegrad.utils import checkpoint

__all__ = ["checkpoint"]
