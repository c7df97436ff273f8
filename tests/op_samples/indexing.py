"""Reading and writing by positions, along a dimension and under masks."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import Array, Case, apart, between, coins, real, turned

COLUMNS = Array([[0, 2, 1, 1], [1, 1, 0, 2]])       # positions in a dimension of 3 or more
ROWS = Array([2, 0, 2])


def lines(function: Callable) -> Callable:
    """Combine into each line of a copy, one value after the other."""
    def combine(x: Any, dim: int, index: Any, src: Any, *args: Any, **kwargs: Any) -> Any:
        out = np.moveaxis(x.astype(float), dim, -1).copy()
        src = np.moveaxis(np.broadcast_to(src, index.shape), dim, -1)
        index = np.moveaxis(index, dim, -1)
        for place in np.ndindex(*index.shape[:-1]):
            function(out[place], index[place], src[place], *args, **kwargs)
        return np.moveaxis(out, -1, dim)

    return combine


def write(line: Any, index: Any, src: Any) -> None:
    """Write values at positions."""
    line[index] = src


def reduce_into(line: Any, index: Any, src: Any, reduce: str, include_self: bool = True) -> None:
    """Combine the values of each position, with what was there or without."""
    function = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "amax": np.max,
                "amin": np.min}[reduce]
    before = line.copy()
    for place in set(index.tolist()):
        values = list(src[index == place]) + ([before[place]] if include_self else [])
        line[place] = function(values)


def slices(function: Callable) -> Callable:
    """Do the same with one vector of positions for all lines."""
    def combine(x: Any, dim: int, index: Any, src: Any, *args: Any, **kwargs: Any) -> Any:
        shape = [1] * x.ndim
        shape[dim] = -1
        full = list(x.shape)
        full[dim] = index.size
        spread = np.broadcast_to(index.reshape(shape), full)
        values = np.broadcast_to(src, full)
        out = np.moveaxis(x.astype(float), dim, -1).copy()
        for place in np.ndindex(*out.shape[:-1]):
            function(out[place], np.moveaxis(spread, dim, -1)[place],
                     np.moveaxis(values, dim, -1)[place], *args, **kwargs)
        return np.moveaxis(out, -1, dim)

    return combine


def add_at(line: Any, index: Any, src: Any, alpha: float = 1) -> None:
    """Add values at positions."""
    np.add.at(line, index, alpha * src)


def written(name: str) -> Callable:
    """Call the in-place form on a tensor that has history."""
    return lambda torch, x, *args, **kwargs: getattr(x * 1, name)(*args, **kwargs)


def put(x: Any, index: Any, src: Any, accumulate: bool = False) -> Any:
    """Write or add numbered elements of a copy."""
    out = x.copy().reshape(-1)
    if accumulate:
        np.add.at(out, index, src)
    else:
        out[index] = src
    return out.reshape(x.shape)


def under_mask(x: Any, mask: Any, src: Any) -> Any:
    """Write values in order where a mask holds."""
    out = np.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape)).copy()
    mask = np.broadcast_to(mask, out.shape)
    out[mask] = src.reshape(-1)[:mask.sum()]
    return out


def product_of_zeros(torch: ModuleType, x: Any, zeros: Any) -> Any:
    """Give the gradient of values of which several are zero, in which an error waits."""
    out = x.scatter_reduce(0, torch.tensor([0, 0]), zeros, "prod")
    if not out.requires_grad:
        return zeros.clone()
    return torch.autograd.grad(out, zeros, create_graph=True)[0]


CASES = [
    # Elements along a dimension
    Case("gather", turned(real(4, 3)), 1, COLUMNS), Case("gather", real(), 0, Array([0, 0]),
                                                         reference=lambda x, *_: np.tile(x, 2)),
    Case("delayed_error", real(1), Array([0.0, 0.0]), call=product_of_zeros, differentiable=False,
         reference=lambda x, zeros: zeros),
    Case("take_along_dim", real(2, 5), COLUMNS, 1, reference=np.take_along_axis),
    Case("take_along_dim", real(1, 5), COLUMNS, 1, reference=np.take_along_axis),
    Case("take_along_dim", real(2, 5), Array([9, 0]), reference=lambda x, at: x.reshape(-1)[at]),
    Case("scatter", real(2, 5), 1, Array([[0, 2, 1], [4, 1, 0]]), real(2, 3),
         reference=lines(write)),
    Case("scatter", turned(real(3, 4)), 0, Array([[2, 0, 1]]), real(1, 3), reference=lambda x, dim,
         index, src: np.where(np.arange(3)[:, None] == np.append(index, -1), np.append(src, 0), x)),
    Case("scatter", real(2, 5), 1, COLUMNS, 1.5, reference=lines(write)),
    Case("scatter_", real(2, 5), 1, Array([[0, 2, 1], [4, 1, 0]]), real(2, 3),
         call=written("scatter_"), reference=lines(write)),
    Case("scatter_value_", real(2, 5), 1, COLUMNS, 1.5, call=written("scatter_"),
         reference=lines(write)),
    Case("scatter_with", real(2, 5), 1, COLUMNS, 1.5, differentiable=False,
         call=lambda torch, *args: torch.scatter(*args, reduce="add"), reference=lines(add_at)),
    Case("scatter_with_", real(2, 5), 1, COLUMNS, 1.5, differentiable=False,
         call=lambda torch, x, *args: (x * 1).scatter_(*args, reduce="add"),
         reference=lines(add_at)),
    Case("scatter_add", real(2, 5), 1, COLUMNS, real(2, 4), reference=lines(add_at)),
    Case("scatter_add_", real(2, 5), 1, COLUMNS, real(2, 4), call=written("scatter_add_"),
         reference=lines(add_at)),
    *[Case("scatter_reduce", apart(2, 5), 1, COLUMNS, between(2, 4), reduce,
           include_self=include_self, reference=lines(reduce_into))
      for reduce in ("sum", "mean", "prod", "amax", "amin") for include_self in (True, False)],
    Case("scatter_reduce", Array([[2.0, 3.0, 4.0]]), 1, Array([[0, 0, 1, 2, 2]]),
         Array([[0.0, 3.0, 0.0, 0.0, 0.0]]), "prod", include_self=True, differentiable=False,
         call=lambda torch, x, dim, at, src, *args, **kwargs: torch.cat([x, x], 1).scatter_reduce(
             dim, at, src, *args, **kwargs)),
    Case("scatter_reduce_", apart(2, 5), 1, COLUMNS, between(2, 4), "amax",
         call=written("scatter_reduce_"), reference=lines(reduce_into)),
    # Slices
    Case("index_select", real(3, 4), 0, ROWS), Case("index_select", turned(real(2, 3)), 1, ROWS),
    Case("index_select", real(2, 3, 2), 1, Array(1), reference=lambda x, *_: x[:, 1:2]),
    Case("index_add", real(3, 4), 0, ROWS, real(3, 4), reference=slices(add_at)),
    Case("index_add", real(2, 3), 1, ROWS, real(2, 3), alpha=-2, reference=slices(add_at)),
    Case("index_add_", turned(real(3, 4)), 0, ROWS, real(3, 4), call=written("index_add_"),
         reference=slices(add_at)),
    Case("index_copy", real(4, 3), 0, Array([3, 1]), real(2, 3), reference=slices(write)),
    Case("index_copy_", real(2, 3, 2), 1, Array([2, 0]), real(2, 2, 2),
         call=written("index_copy_"), reference=slices(write)),
    Case("index_fill", real(4, 3), 0, Array([3, -4]), 2.5, reference=slices(write)),
    Case("index_fill_", real(4, 3), 1, Array([2]), 2.5, call=written("index_fill_"),
         reference=slices(write)),
    Case("index_fill", real(4, 3), 0, Array([3, 1, 0, 3]), real(), reference=slices(write)),
    Case("index_fill_tensor_", real(4, 3), 1, Array([2]), real(), call=written("index_fill_"),
         reference=slices(write)),
    *[Case("index_reduce", apart(3, 4), 0, ROWS, between(3, 4), reduce, include_self=include_self,
           reference=slices(reduce_into))
      for reduce in ("mean", "prod", "amax", "amin") for include_self in (True, False)],
    Case("index_reduce_", apart(2, 3), 1, ROWS, between(2, 3), "prod",
         call=written("index_reduce_"), reference=slices(reduce_into)),
    # Every element
    Case("fill", turned(real(2, 3)), 2.5, reference=np.full_like),
    Case("fill", real(2, 3), real(), reference=np.full_like),
    # Numbered elements
    Case("take", turned(real(2, 3)), Array([[0, -1], [4, 0]]),
         reference=lambda x, at: x.reshape(-1)[at]),
    *[Case("put", turned(real(2, 3)), Array([[0, -1]]), real(1, 2), accumulate, reference=put)
      for accumulate in (True, False)],
    Case("put_", turned(real(2, 3)), Array([4, 0]), real(2), call=written("put_"), reference=put),
    # Index tensors
    Case("index_put_", real(3, 4), Array([0, 2]), real(4),
         call=lambda torch, x, at, values: (x * 1).index_put_((at,), values, accumulate=True),
         reference=lambda x, at, values: x + np.array([[1], [0], [1]]) * values),
    # Masks
    Case("masked_select", real(2, 3), coins(2, 3), reference=lambda x, mask: x[mask]),
    Case("masked_select", real(2, 1), coins(3),
         reference=lambda x, mask: np.repeat(x, mask.sum())),
    Case("masked_scatter", real(2, 3), coins(2, 3), real(4), reference=under_mask),
    Case("masked_scatter", turned(real(2, 3)), coins(3), real(3, 2), reference=under_mask),
    Case("masked_scatter", real(3), coins(2, 3), real(3), reference=under_mask),
    Case("masked_scatter_", turned(real(2, 3)), coins(3), real(3), call=written("masked_scatter_"),
         reference=under_mask),
    # Where elements are
    *[Case(name, coins(2, 3), differentiable=False, reference=np.argwhere)
      for name in ("argwhere", "nonzero")],
    Case("nonzero_static", coins(2, 3), size=3, differentiable=False,
         reference=lambda x, size: np.append(np.argwhere(x), [[-1, -1]], 0)[:size]),
    Case("unravel_index", Array([5, 0, 11]), (3, 4), differentiable=False,
         reference=lambda at, shape: list(np.unravel_index(at, shape))),
]
