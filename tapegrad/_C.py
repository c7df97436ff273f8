"""Names of PyTorch's compiled module that programs use: errors and types, and what they report."""  # noqa: N999 - its name there

from __future__ import annotations

from types import SimpleNamespace

from tapegrad._core import SavedTensor
from tapegrad._tensor import Node, node_type
from tapegrad.linalg import LinAlgError as _LinAlgError
from tapegrad.ops.generators import Generator


class _NodeTypes:
    """The classes of the nodes of a graph, by name: ``_functions.AccumulateGrad``."""

    def __getattr__(self, name: str) -> type[Node]:
        if name.startswith("__"):
            raise AttributeError(name)
        return node_type(name)


_functions = _NodeTypes()
_autograd = SimpleNamespace(SavedTensor=SavedTensor)


def _log_api_usage_once(event: str) -> None:
    """Count nothing: PyTorch's hook for those who watch which parts of libraries are used."""


__all__ = ["Generator", "_LinAlgError", "_autograd", "_functions", "_log_api_usage_once"]
