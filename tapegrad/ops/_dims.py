"""Reading the dimensions and sizes that users give."""

from __future__ import annotations

import operator


def normal_dim(dim, ndim: int) -> int:
    """A dimension counted from the front. Raises IndexError for one that is not there."""
    dim = operator.index(dim)
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
            f"but got {dim})"
        )
    return dim + limit if dim < 0 else dim


def normal_dims(dim, ndim: int) -> tuple[int, ...]:
    """One or several different dimensions, counted from the front."""
    if not isinstance(dim, (tuple, list)):
        return (normal_dim(dim, ndim),) if ndim else _of_scalar(dim)
    dims = tuple(normal_dim(one, ndim) for one in dim)
    for position, one in enumerate(dims):
        if one in dims[:position]:
            raise RuntimeError(f"dim {one} appears multiple times in the list of dims")
    return dims if ndim else ()


def _of_scalar(dim) -> tuple:
    normal_dim(dim, 0)
    return ()


def sizes_of(args: tuple, keyword=None) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence: ``view(2, 3)`` or ``view((2, 3))``."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    elif not args and keyword is not None:
        args = tuple(keyword)
    return tuple(operator.index(size) for size in args)


def inferred_shape(sizes: tuple, count: int) -> tuple[int, ...]:
    """Sizes with a -1 filled in so that they hold ``count`` elements."""
    if sizes.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = 1
    for size in sizes:
        if size < -1:
            raise RuntimeError(f"invalid shape dimension {size}")
        known *= size if size != -1 else 1
    if -1 not in sizes:
        if known != count:
            raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {count}")
        return sizes
    if known == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified "
            "dimension size -1 can be any value and is ambiguous"
            if count == 0
            else f"shape '{list(sizes)}' is invalid for input of size {count}"
        )
    if count % known:
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {count}")
    return tuple(count // known if size == -1 else size for size in sizes)
