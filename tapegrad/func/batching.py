"""Functions of one sample as functions of a batch.

The function runs on the first sample, and if all that it does is launches of kernels, these run for
the other samples too. Otherwise it runs for each of them, on views of the arguments, and what it
returns is stacked: that is what every function can do. docs/design.md says what it costs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from tapegrad._core import Op
from tapegrad._core.pieces import dim_to_stack
from tapegrad._tensor import Tensor
from tapegrad.autograd.backward import repeated
from tapegrad.func._randomness import Draws, check_randomness
from tapegrad.func._together import FirstSample, Together, may_run_together
from tapegrad.ops.compare import equal
from tapegrad.ops.shape import stack
from tapegrad.ops.shape.joining import stacking
from tapegrad.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

_Dims = Any  # an int, None, or a nested tuple, list or dictionary of them


def vmap(
    func: Callable,
    in_dims: _Dims = 0,
    out_dims: _Dims = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """A function that maps ``func`` over a dimension of its arguments.

    ``in_dims`` says which dimension of each argument, nested as the arguments; None is for what all
    samples share, which values that are no tensors must be. ``out_dims`` says where the dimension
    stands in each result; None is for a result that is the same for all samples. With
    ``randomness`` ``"same"`` all samples draw the same random numbers, with ``"different"`` each
    its own, and ``"error"`` refuses draws. Keyword arguments are shared. At most ``chunk_size``
    samples are computed together.

    ``func`` is called once, or once for each sample if it reads values, draws numbers, writes to
    tensors of before, or gives results that require grad.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.vmap.html
    """
    check_randomness(randomness)
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(
            f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})"
        )

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        tree_map(functools.partial(_check_out_dim, func, out_dims), out_dims)
        batch = _Batch(func, in_dims, args)
        outputs = []
        with Draws(randomness) as draws:
            if may_run_together(batch.values, batch.dims, batch.size):
                draws.next_sample()
                first = FirstSample(batch.size)
                outputs.append(first.run(func, batch.values, batch.dims, batch.spec, kwargs))
                columns = first.of_all(chunk_size)
                if columns is not None:
                    return _joined(func, out_dims, first.output, columns, batch.size)
                first.put_back()
            for position in range(len(outputs), max(batch.size, 1)):
                draws.next_sample()
                with repeated(position + 1 < batch.size):
                    outputs.append(func(*batch.sample(position), **kwargs))
        columns = [*zip(*(tree_flatten(one)[0] for one in outputs), strict=True)]
        return _joined(func, out_dims, outputs[0], columns, batch.size)

    return wrapper


def _name(func: Any) -> str:
    if hasattr(func, "__name__"):
        return func.__name__
    if isinstance(func, functools.partial):
        return f"functools.partial({_name(func.func)}, ...)"
    return repr(func)


# ------------------------------------------------------------------------- arguments


class _Batch:
    """The arguments of a mapped call, which it gives sample by sample."""

    def __init__(self, func: Callable, in_dims: _Dims, args: tuple) -> None:
        if not isinstance(in_dims, (int, tuple)):
            raise ValueError(
                f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be "
                "int or a (potentially nested) tuple matching the structure of inputs, got: "
                f"{type(in_dims)}."
            )
        if not args:
            raise ValueError(
                f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or "
                "you are trying to vmap over a function with no inputs. The latter is unsupported."
            )
        self.values, self.spec = tree_flatten(args)
        dims = self.spec.spread(in_dims)
        if dims is None:
            raise ValueError(
                f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible "
                "with the structure of `inputs`. in_dims has structure "
                f"{tree_flatten(in_dims)[1].outline()} but inputs has structure "
                f"{self.spec.outline()}."
            )
        self.dims = dims
        for value, dim in zip(self.values, self.dims, strict=True):
            problem = _problem_of(value, dim)
            if problem is not None:
                raise ValueError(
                    f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for "
                    f"{problem}"
                )
        self.size = self._size()

    def _size(self) -> int:
        """How many samples there are. Raises ValueError where arguments disagree."""
        pairs = zip(self.values, self.dims, strict=True)
        sizes = [value.size(dim) for value, dim in pairs if dim is not None]
        if not sizes:
            raise ValueError("vmap: Expected at least one Tensor to vmap over")
        if any(one != sizes[0] for one in sizes):
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got "
                f"sizes {sizes} for the mapped dimension"
            )
        return sizes[0]

    def sample(self, position: int) -> tuple:
        """The arguments for one sample: views. Of an empty batch zeros, which tell the shapes."""
        pairs = zip(self.values, self.dims, strict=True)
        return tree_unflatten(
            [value if dim is None else self._part(value, dim, position) for value, dim in pairs],
            self.spec,
        )

    def _part(self, value: Tensor, dim: int, position: int) -> Tensor:
        if self.size:
            return value.select(dim, position)
        return value.new_zeros(value.movedim(dim, 0).shape[1:])


def _problem_of(value: Any, dim: Any) -> str | None:
    """Why an argument cannot be mapped over a dimension."""
    if dim is None:
        return None
    if not isinstance(dim, int):
        return "an input but in_dim must be either an integer dimension or None."
    if not isinstance(value, Tensor):
        return (
            f"an input but the input is of type {type(value)}. We cannot vmap over non-Tensor "
            "arguments, please use None as the respective in_dim"
        )
    n = value.ndim
    if -n <= dim < n:
        return None
    return (
        f"some input, but that input is a Tensor of dimensionality {n} so expected in_dim to "
        f"satisfy -{n} <= in_dim < {n}."
    )


# ------------------------------------------------------------------------- results


def _check_out_dim(func: Callable, out_dims: _Dims, dim: Any) -> None:
    if dim is not None and not isinstance(dim, int):
        raise ValueError(
            f"vmap({_name(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a "
            "python collection of ints representing where in the outputs the vmapped dimension "
            "should appear."
        )


_Column = tuple | Together  # one value of each sample, or of all at once


def _joined(
    func: Callable, out_dims: _Dims, first: Any, columns: Sequence[_Column], size: int
) -> Any:
    """The samples' results as one, nested as the first."""
    spec = tree_flatten(first)[1]
    if isinstance(first, Tensor) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        dims: list | None = list(out_dims)
    else:
        dims = spec.spread(out_dims)
    if dims is None:
        _refuse_structure(func, out_dims, spec)
    joined = [
        _shared(func, column) if dim is None else _stacked(func, column, dim, size)
        for column, dim in zip(columns, dims, strict=True)
    ]
    return tree_unflatten(joined, spec)


def _refuse_structure(func: Callable, out_dims: _Dims, spec: TreeSpec) -> NoReturn:
    raise ValueError(
        f"vmap({_name(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with "
        f"the structure of `outputs`. out_dims has structure {tree_flatten(out_dims)[1].outline()} "
        f"but outputs has structure {spec.outline()}."
    )


def _stacked(func: Callable, column: _Column, dim: int, size: int) -> Tensor:
    if isinstance(column, Together):
        place = dim_to_stack((column.first,), dim)
        return stack((column.first,), dim) if place is None else column.of_all.movedim(0, place)
    for one in column:
        if not isinstance(one, Tensor):
            raise ValueError(
                f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got type "
                f"{type(one)}. Did you mean to set out_dims= to None for output?"
            )
    place, node = dim_to_stack(column, dim), _node_of(column)
    if place is None or node is None:
        stacked = stack(column, dim)
    else:
        stacked = _stacking(_NODES.get(node, node) if place == 0 else "PermuteBackward0")(
            column, place)
    return stacked if size else stacked.narrow(dim, 0, 0)


# What PyTorch records of a batch instead of the node of a sample.
_NODES = {
    "SumBackward0": "SumBackward1", "MeanBackward0": "MeanBackward1",
    "ProdBackward0": "ProdBackward1", "MaxBackward1": "MaxBackward0",
    "MinBackward1": "MinBackward0", "MseLossBackward0": "MeanBackward1",
    "DotBackward0": "SqueezeBackward1", "MvBackward0": "PermuteBackward0",
    "TBackward0": "TransposeBackward0",
}  # fmt: skip


def _node_of(column: tuple) -> str | None:
    """The name of the node that made all the samples' results, if they have one name."""
    names = {one.grad_fn and one.grad_fn.name() for one in column}
    return names.pop() if len(names) == 1 else None


@functools.cache
def _stacking(node: str) -> Op:
    """A stack that is recorded as PyTorch's operation on the whole batch would be."""
    return stacking(f"stack_as_{node}", node)


def _shared(func: Callable, column: _Column) -> Any:
    """What all samples gave. Raises ValueError where tensors differ."""
    if isinstance(column, Together):
        column = column.of_all.unbind(0)
    first = column[0]
    if isinstance(first, Tensor) and not all(equal(first, one) for one in column[1:]):
        raise ValueError(
            f"vmap({_name(func)}, ...): `{_name(func)}` can not return a BatchedTensor when "
            "out_dim is None"
        )
    return first


__all__ = ["vmap"]
