"""Reading the dimensions, sizes and numbers that users give."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of


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


def number_of(value) -> Any:
    """A number, for which a tensor without dimensions may stand."""
    if isinstance(value, Tensor) and value.ndim == 0:
        return value.item()
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"no number: {value!r}")
    return value


def sizes_of(function: str, args: tuple, keyword=None, name: str = "size") -> tuple[int, ...]:
    """Sizes given one by one or as one sequence: ``view(2, 3)`` or ``view((2, 3))``.

    Raises TypeError in the name of the function that was given them as its argument ``name``.
    """
    if args and keyword is not None and keyword != ():
        raise TypeError(f"{function}() takes its {name} once")
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    elif not args:
        if keyword is None:
            raise TypeError(f'{function}() missing 1 required positional arguments: "{name}"')
        args = keyword
    try:
        sizes = tuple(map(operator.index, args))
    except TypeError:
        raise TypeError(_bad_size(function, args, name)) from None
    if sizes and not -_LIMIT <= min(sizes) <= max(sizes) < _LIMIT:
        raise TypeError(_too_large(function, sizes, name))
    return sizes


def named_sizes(function: str, args: tuple, keyword: dict[str, Any], name: str) -> tuple[int, ...]:
    """What :func:`sizes_of` gives of sizes that may be given by name, where nothing else may."""
    if keyword and keyword.keys() != {name}:
        raise TypeError(f"{function}() takes no argument but '{name}'")
    return sizes_of(function, args, keyword.get(name), name)


_LIMIT = 2**63


def _too_large(function: str, sizes: tuple, name: str) -> str:
    position = next(k for k, size in enumerate(sizes) if not -_LIMIT <= size < _LIMIT)
    return (
        f"{function}(): argument '{name}' failed to unpack the object at pos {position + 1} with "
        'error "Overflow when unpacking long long'
    )


def _bad_size(function: str, sizes, name: str) -> str:
    if not isinstance(sizes, (tuple, list)):
        return f"{function}(): argument '{name}' must be tuple of ints, not {type(sizes).__name__}"
    position, kind = next(
        (k, type(size).__name__) for k, size in enumerate(sizes) if not hasattr(size, "__index__")
    )
    if position == 0:
        return f"{function}(): argument '{name}' (position 1) must be tuple of ints, not {kind}"
    return (
        f"{function}(): argument '{name}' failed to unpack the object at pos {position + 1} with "
        f'error "type must be tuple of ints,but got {kind}"'
    )


def check_tensors(tensors) -> None:
    """Refuse what is no tensor among the tensors of a sequence."""
    if set(map(type, tensors)) == {Tensor}:  # nearly always, and much faster
        return
    for k, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 0, but got {kind_of(one)}"
            )


def check_sequence(function: str, tensors) -> None:
    """Refuse what is no tuple or list of tensors, in the name of a function."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    check_tensors(tensors)


def common_shape(*shapes: tuple) -> tuple[int, ...]:
    """The shape to which all broadcast. Raises RuntimeError where two sizes do not fit."""
    return functools.reduce(_broadcast, shapes, ())


def _broadcast(a: tuple, b: tuple) -> tuple[int, ...]:
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + tuple(a), (1,) * (ndim - len(b)) + tuple(b)
    for dim in reversed(range(ndim)):
        if a[dim] != b[dim] and 1 not in (a[dim], b[dim]):
            raise RuntimeError(
                f"The size of tensor a ({a[dim]}) must match the size of tensor b ({b[dim]}) at "
                f"non-singleton dimension {dim}"
            )
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def inferred_shape(sizes: tuple, count: int) -> tuple[int, ...]:
    """Sizes with a -1 filled in so that they hold ``count`` elements."""
    if sizes.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = 1
    for position, size in enumerate(sizes):
        if size < -1:
            raise RuntimeError(
                f"invalid shape dimension {size} at index {position} of shape {list(sizes)}"
            )
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
