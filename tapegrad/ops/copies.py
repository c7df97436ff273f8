"""Views as copies: what the view of a name without ``_copy`` shows, in memory of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad._core import TensorFunction
from tapegrad._tensor import Tensor
from tapegrad.ops import shape
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._out import check_dtype, fit, refuse_grad
from tapegrad.ops.convert import row_major_op
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


# Those that give several parts, as PyTorch names what puts them into a list of targets.
_INTO_SEVERAL = {
    "split": "split_copy_Tensor_out()", "split_with_sizes": "split_with_sizes_copy_out",
    "unbind": "unbind_copy_int_out",
}  # fmt: skip


def _write_parts(name: str, parts: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Copy each part into a target of its own, which gets its shape but for ``split``."""
    if len(out) != len(parts):
        raise RuntimeError(
            f"{_INTO_SEVERAL[name]} expected an out= argument of size {len(parts)}, got size "
            f"{len(out)}"
        )
    refuse_grad(f"{name}_copy", out)
    for target, part in zip(out, parts, strict=True):
        if name != "split":
            check_dtype(part.dtype, target.dtype, "exact")
            fit(target, part.shape, 4)
        target.copy_(part.detach())


def _copied(name: str, view: Callable[..., Any]) -> TensorFunction:
    """The function that copies what a view shows."""

    def copy(*args: Any, **kwargs: Any) -> Tensor:
        return row_major_op(view(*args, **kwargs))

    def copy_parts(*args: Any, out: Sequence[Tensor] | None = None, **kwargs: Any) -> Any:
        parts = view(*args, **kwargs)
        return tuple(map(row_major_op, parts)) if out is None else _write_parts(name, parts, out)

    made = copy_parts if name in _INTO_SEVERAL else copy
    made.__name__ = made.__qualname__ = f"{name}_copy"
    made.__doc__ = f"What ``{name}`` shows, in memory of its own."
    rule = None if name in _INTO_SEVERAL else "exact"
    return TensorFunction(made, called=f"{name}_copy", name=f"{name}_copy", rule=rule)


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
