"""Views, joining, splitting, arranging."""

from collections.abc import Callable
from typing import Any

import numpy as np

from op_samples._case import Case, coins, fixed, real, turned


def written(name: str) -> Callable:
    """Call a method on a tensor that has history, as those need that change it."""
    return lambda torch, x, *args: getattr(x * 1, name)(*args)


def windows(x: Any, dim: int, size: int, step: int) -> Any:
    """Slide a window along a dimension."""
    return np.moveaxis(np.stack([np.take(x, range(k, k + size), dim)
                                 for k in range(0, x.shape[dim] - size + 1, step)], dim), dim + 1,
                       -1)


def replaced(place: Callable) -> Callable:
    """Write into a part of a copy."""
    def write(x: Any, src: Any, *args: Any) -> Any:
        out = x.copy()
        place(out, *args)[...] = src
        return out

    return write


def diagonal_of(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Give a diagonal that can be written."""
    diagonal = x.diagonal(offset, dim1, dim2)
    diagonal.flags.writeable = True
    return diagonal


def embedded(x: Any, offset: int = 0) -> Any:
    """Put vectors on the diagonals of matrices."""
    return np.stack([np.diag(row, offset) for row in x.reshape(-1, x.shape[-1])]).reshape(
        *x.shape[:-1], x.shape[-1] + abs(offset), -1)


def blocks(*parts: Any) -> Any:
    """Put matrices on a diagonal."""
    parts = tuple(np.atleast_2d(part) for part in parts)
    out = np.zeros(np.sum([part.shape for part in parts], axis=0))
    row = column = 0
    for part in parts:
        out[row:row + part.shape[0], column:column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return out


def joining(name: str, reference: Callable, *shapes: tuple) -> Case:
    """Join tensors that are given one by one, by a function that takes a list."""
    return Case(name, *[real(*shape) for shape in shapes],
                call=lambda torch, *parts: getattr(torch, name)(parts),
                reference=lambda *parts: reference(parts))


CASES = [
    # In the tensor itself
    Case("t_", real(2, 3), call=written("t_"), reference=np.transpose),
    Case("transpose_", real(2, 3, 4), 0, 2, call=written("transpose_"), reference=np.swapaxes),
    Case("squeeze_", real(1, 3, 1), call=written("squeeze_"), reference=np.squeeze),
    Case("squeeze_dim_", real(1, 3, 1), 0, call=written("squeeze_"), reference=np.squeeze),
    Case("squeeze_dims_", real(1, 3, 1), (0, 2), call=written("squeeze_"), reference=np.squeeze),
    Case("as_strided_", real(2, 3), (2, 2), (1, 2), 1, call=written("as_strided_"),
         reference=lambda x, *geometry: x.ravel()[[[1, 3], [2, 4]]]),
    Case("unsqueeze_", real(3), 1, call=written("unsqueeze_"), reference=np.expand_dims),
    # Views
    Case("mT", real(2, 3, 4), call=lambda torch, x: x.mT, reference=lambda x: x.swapaxes(1, 2)),
    Case("mH", real(2, 3, 4), call=lambda torch, x: x.mH, reference=lambda x: x.swapaxes(1, 2)),
    Case("H", real(3, 4), call=lambda torch, x: x.H, reference=np.transpose),
    Case("adjoint", real(3, 4), reference=np.transpose),
    Case("atleast_1d", real(), reference=np.atleast_1d),
    Case("atleast_2d", real(3), reference=np.atleast_2d),
    *[Case("atleast_3d", real(*shape), reference=np.atleast_3d) for shape in [(), (3,), (2, 3)]],
    Case("unfold", real(7), 0, 3, 2, call=written("unfold"), reference=windows),
    Case("unfold", real(2, 5, 3), 1, 2, 1, call=written("unfold"), reference=windows),
    Case("unfold", turned(real(4, 5)), 0, 3, 1, call=written("unfold"), reference=windows),
    Case("unfold", real(), 0, 1, 1, call=written("unfold"),
         reference=lambda x, *args: x.reshape(1)),
    Case("tensor_split", real(7, 2), 3, reference=np.array_split),
    Case("tensor_split", real(2, 7), (1, -2), 1, reference=lambda x, at, dim: np.split(x, at, dim)),
    Case("hsplit", real(2, 4), 2, reference=np.hsplit),
    Case("hsplit", real(4), (1, 3), reference=np.hsplit),
    Case("vsplit", real(4, 2), 2, reference=np.vsplit),
    Case("dsplit", real(2, 2, 4), 2, reference=np.dsplit),
    Case("split_with_sizes", real(5, 2), (2, 3), reference=lambda x, sizes: np.split(x, [2])),
    *[Case("meshgrid", real(3), real(2), real(),
           call=lambda torch, *x, indexing=indexing: torch.stack(
               torch.meshgrid(*x, indexing=indexing)),
           reference=lambda *x, indexing=indexing: np.stack(np.meshgrid(*x, indexing=indexing)))
      for indexing in ("ij", "xy")],
    Case("broadcast_tensors", real(3), real(2, 1),
         call=lambda torch, *x: torch.stack(torch.broadcast_tensors(*x)),
         reference=lambda *x: np.stack(np.broadcast_arrays(*x))),
    # Copies of parts
    Case("unsafe_split", real(5, 2), 2, reference=lambda x, n: np.split(x, [2, 4])),
    Case("unsafe_split_with_sizes", real(2, 5), (2, 3), 1,
         reference=lambda x, sizes, dim: np.split(x, [2], dim)),
    Case("unsafe_chunk", real(4, 2), 2, reference=lambda x, n: np.split(x, n)),
    # Joining
    joining("hstack", np.hstack, (2, 3), (2, 1)), joining("hstack", np.hstack, (2,), ()),
    joining("vstack", np.vstack, (3,), (2, 3)), joining("dstack", np.dstack, (2, 3), (2, 3)),
    joining("column_stack", np.column_stack, (3,), (3, 2)),
    Case("block_diag", real(2, 3), real(2), real(), real(1, 1), reference=blocks),
    Case("cartesian_prod", real(3), real(2),
         reference=lambda a, b: np.stack([np.repeat(a, 2), np.tile(b, 3)], 1)),
    Case("combinations", real(4), 2,
         reference=lambda x, r: x[np.array([[i, j] for i in range(4) for j in range(i + 1, 4)])]),
    Case("combinations", real(3), 2, True,
         reference=lambda x, *_: x[np.array([[i, j] for i in range(3) for j in range(i, 3)])]),
    # Arranging
    Case("flip", real(2, 3, 4), (0, 2), reference=np.flip),
    Case("flip", turned(real(3, 4)), (0,), reference=np.flip),
    Case("fliplr", real(2, 3), reference=np.fliplr), Case("flipud", real(3), reference=np.flipud),
    Case("roll", real(3, 4), 5, reference=np.roll),
    Case("roll", real(3, 4), (1, -2), (0, 1), reference=np.roll),
    Case("roll", turned(real(3, 4)), 1, 0, reference=np.roll),
    *[Case("rot90", real(2, 3, 4), k, (0, 2), reference=np.rot90) for k in range(4)],
    Case("repeat", real(2, 3), 2, 1, 3, reference=lambda x, *times: np.tile(x, times)),
    Case("repeat", turned(real(2, 3)), 1, 2, reference=lambda x, *times: np.tile(x, times)),
    Case("repeat", real(2), 0, reference=lambda x, n: x[:0]),
    Case("tile", real(2, 3), (2,), reference=np.tile),
    Case("repeat_interleave", real(2, 3), 2, reference=np.repeat),
    Case("repeat_interleave", real(2, 3), 2, 1, reference=np.repeat),
    Case("repeat_interleave", real(3, 2), fixed(coins(3)), 0,
         call=lambda torch, x, n, dim: torch.repeat_interleave(x, n.long() * 2, dim),
         reference=lambda x, n, dim: np.repeat(x, n * 2, dim)),
    # Triangles and diagonals
    *[Case(name, real(*shape), k, reference=getattr(np, name)) for name in ("tril", "triu")
      for shape, k in [((3, 4), 0), ((2, 4, 3), -1), ((3, 3), 9)]],
    *[Case(name, turned(real(3, 4)), 1, call=written(name), reference=getattr(np, name[:-1]))
      for name in ("tril_", "triu_")],
    Case("diag", real(3), 1, reference=np.diag), Case("diag", real(3, 4), -1, reference=np.diag),
    Case("diagflat", real(2, 2), reference=np.diagflat),
    Case("diag_embed", real(2, 3), reference=embedded),
    Case("diag_embed", real(2, 3), -1, reference=embedded),
    Case("trace", real(3, 4), reference=np.trace), Case("trace", turned(real(3, 4)),
                                                        reference=np.trace),
    Case("fill_diagonal_", real(3, 3), 2.5, call=written("fill_diagonal_"),
         reference=lambda x, value: np.where(np.eye(3), value, x)),
    # Parts replaced in a copy
    Case("select_scatter", real(3, 4), real(3), 1, 2,
         reference=replaced(lambda x, dim, at: x[:, at])),
    Case("slice_scatter", real(4, 3), real(2, 3), 0, 1, None, 2,
         reference=replaced(lambda x, *at: x[1::2])),
    Case("diagonal_scatter", real(3, 4), real(3), 1, reference=replaced(diagonal_of)),
]
