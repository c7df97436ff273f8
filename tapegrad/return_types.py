"""The types of operations' several results: ``torch.return_types.max`` and its like."""

from tapegrad.ops._results import result_types

__all__ = sorted(result_types())

globals().update(result_types())
