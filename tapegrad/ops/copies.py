"""Views as copies: what the view of a name without ``_copy`` shows, in memory of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._core import TensorFunction
from tapegrad._tensor import Tensor
from tapegrad.ops import shape
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops.index import getitem


def _slice(
    input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Every ``step``-th element along ``dim`` from ``start`` up to ``end``."""
    dim = dim % input.ndim if -input.ndim <= dim < input.ndim else dim
    return getitem(input.movedim(dim, 0), slice(start, end, step)).movedim(0, dim)


def _view(input: Tensor, *size: Any, **options: Any) -> Tensor:
    """The same elements in another shape, or taken for another dtype."""
    return input.view(*size, **options)


def _expand(input: Tensor, size: Any, *, implicit: bool = False) -> Tensor:
    """The tensor with dimensions of size 1 repeated."""
    return input.expand(size)


def _permute(input: Tensor, dims: Any) -> Tensor:
    """The dimensions in another order."""
    return input.permute(dims)


def _alias(input: Tensor) -> Tensor:
    """The tensor itself."""
    check_tensor("alias_copy", "input", input)
    return input


_MANY = ("split", "split_with_sizes", "unbind")


def _copied(name: str, view: Callable[..., Any]) -> TensorFunction:
    """The function that copies what a view shows."""

    def copy(*args: Any, **kwargs: Any) -> Any:
        seen = view(*args, **kwargs)
        return seen.clone() if isinstance(seen, Tensor) else tuple(one.clone() for one in seen)

    copy.__name__ = copy.__qualname__ = f"{name}_copy"
    copy.__doc__ = f"What ``{name}`` shows, in memory of its own."
    rule = None if name in _MANY else "exact"  # those have a list of targets in PyTorch
    return TensorFunction(copy, called=f"{name}_copy", name=f"{name}_copy", rule=rule)


alias_copy = _copied("alias", _alias)
as_strided_copy = _copied("as_strided", shape.as_strided)
detach_copy = _copied("detach", Tensor.detach)
diagonal_copy = _copied("diagonal", shape.diagonal)
expand_copy = _copied("expand", _expand)
permute_copy = _copied("permute", _permute)
select_copy = _copied("select", shape.select)
slice_copy = _copied("slice", _slice)
split_copy = _copied("split", shape.split)
split_with_sizes_copy = _copied("split_with_sizes", shape.split_with_sizes)
squeeze_copy = _copied("squeeze", shape.squeeze)
t_copy = _copied("t", shape.t)
transpose_copy = _copied("transpose", shape.transpose)
unbind_copy = _copied("unbind", shape.unbind)
unfold_copy = _copied("unfold", Tensor.unfold)
unsqueeze_copy = _copied("unsqueeze", shape.unsqueeze)
view_copy = _copied("view", _view)

__all__ = [
    "alias_copy", "as_strided_copy", "detach_copy", "diagonal_copy", "expand_copy", "permute_copy",
    "select_copy", "slice_copy", "split_copy", "split_with_sizes_copy", "squeeze_copy", "t_copy",
    "transpose_copy", "unbind_copy", "unfold_copy", "unsqueeze_copy", "view_copy",
]  # fmt: skip
