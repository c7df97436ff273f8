"""Elements chosen by their rank: the median, the k-th, the k best, the most frequent."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import attach, method, op, takes_out, takes_tensors
from tapegrad.ops._dims import normal_dim
from tapegrad.ops._places import scatter_back
from tapegrad.ops._results import NamedResult, named_result
from tapegrad.ops.reduce import even_share
from tapegrad.ops.reduce._dims import refuse_empty

kthvalue_result = named_result("kthvalue", "values", "indices")
median_result = named_result("median", "values", "indices")
nanmedian_result = named_result("nanmedian", "values", "indices")
mode_result = named_result("mode", "values", "indices")
topk_result = named_result("topk", "values", "indices")


def _run(name: str, rows: np.ndarray, shape: tuple, settings: tuple) -> tuple:
    try:
        return kernels.outputs(OURS[name], (rows,), (shape, shape), (0, *settings))
    except KernelRefusal:
        raise MemoryError(f"{name}(): no memory for a row of {rows.shape[-1]} elements") from None


def _refuse_bool(kernel: str, input: Tensor) -> None:
    if input.dtype.name == "bool":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


# ------------------------------------------------------------------------- one of each row


def _one_of_rows(name: str, input: np.ndarray, dim, keepdim, k: int = 0) -> tuple:
    rows = kernels.rows_along(input, dim)
    chosen = _run(name, rows, rows.shape[:-1], (k,))
    if not keepdim or not input.ndim:
        return chosen
    return tuple([kernels.unsqueezed(one, dim) for one in chosen])


def _back(g, shape, dim, keepdim, indices):
    if not keepdim and len(shape):
        g, indices = g.unsqueeze(dim), indices.unsqueeze(dim)
    return scatter_back(g, shape, dim, indices)


def _choice_op(name: str, grad_name: str, doc: str):
    return op(
        name,
        forward=lambda input, dim, keepdim: _one_of_rows(name, input, dim, keepdim),
        grad_name=grad_name,
        outputs=("values", "indices"),
        input=lambda g, input_shape, dim, keepdim, indices: _back(
            g, input_shape, dim, keepdim, indices
        ),
        doc=doc,
    )


kthvalue_op = op(
    "kthvalue",
    forward=lambda input, k, dim, keepdim: _one_of_rows("kthvalue", input, dim, keepdim, k),
    outputs=("values", "indices"),
    input=lambda g, input_shape, dim, keepdim, indices: _back(
        g, input_shape, dim, keepdim, indices
    ),
    doc="The k-th smallest element along a dimension.",
)
mode_op = _choice_op("mode", "ModeBackward0", "The most frequent element along a dimension.")
median_dim = _choice_op(
    "median", "MedianBackward1", "The element in the middle along a dimension."
)
nanmedian_dim = _choice_op(
    "nanmedian",
    "NanmedianBackward1",
    "The element in the middle along a dimension, not counting NaN.",
)


@takes_out(texts={
    0: "output values must be of same type as input",
    1: "output indices must be of scalar type {result}",
})
@method()
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> NamedResult:
    """The k-th smallest element along ``dim``, counted from 1: (values, indices).

    NaN is larger than all numbers. Raises RuntimeError for a ``k`` that is not there.
    """
    dim = normal_dim(dim, input.ndim)
    refuse_empty("kthvalue", input, dim)
    size = input.shape[dim] if input.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    _refuse_bool("kthvalue_cpu", input)
    return kthvalue_result.of(kthvalue_op(input, k, dim, keepdim))


@takes_out(texts={
    0: "expected scalar type '{result}' but got '{out}' for values output",
    1: "expected scalar type '{result}' but got '{out}' for indices output",
})
@method()
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> NamedResult:
    """The most frequent element along ``dim``, the smallest of several: (values, indices)."""
    dim = normal_dim(dim, input.ndim)
    refuse_empty("mode", input, dim)
    return mode_result.of(mode_op(input, dim, keepdim))


# ------------------------------------------------------------------------- medians


def _middle_of_all(name: str, input: np.ndarray) -> np.ndarray:
    if input.size == 0:
        if input.dtype.kind == "f":
            return kernels.fill(kernels.empty((), input.dtype), np.nan)
        return kernels.fill(kernels.empty((), input.dtype), _LOWEST.get(input.dtype.name, 0))
    row = kernels.contiguous(input).reshape(-1)
    return _run(name, row, (), (0,))[0]


# What PyTorch makes of NaN as an integer.
_LOWEST = {"int64": -(2**63), "int32": -(2**31)}


def _median_of_all(name: str):
    return op(
        f"{name}_all",
        forward=lambda input: _middle_of_all(name, input),
        grad_name=f"{name.capitalize()}Backward0",
        input=lambda g, input, out: even_share(g, input, out),
        doc="The element in the middle of all.",
    )


def _median(name: str, of_all, over_dim, result, nan: str):
    def median(input: Tensor, dim=..., keepdim: bool = False):
        if dim is ... and keepdim:
            raise TypeError("nothing to keep without a dimension")
        if dim is ...:
            _refuse_bool("median_cpu", input)
            return of_all(input)
        _refuse_bool("median_out", input)
        dim = normal_dim(dim, input.ndim)
        refuse_empty("median", input, dim)
        return result.of(over_dim(input, dim, keepdim))

    median.__name__ = median.__qualname__ = name
    median.__doc__ = (
        "The element in the middle of all, the lower of two; over ``dim``, (values, indices).\n\n"
        f"    {nan} Raises IndexError for a dimension without elements.\n    "
    )
    attach(name, median)
    return takes_tensors(median)


median_all, nanmedian_all = _median_of_all("median"), _median_of_all("nanmedian")
_matching = takes_out(
    needs=("dim",),
    texts={
        1: "Expected tensor for argument #1 'indices' to have scalar type {result}; but got "
           "torch.{out}Tensor instead (while checking arguments for median)",
        0: "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; "
           "but type torch.{out}Tensor does not equal torch.{result}Tensor (while checking "
           "arguments for median)",
    },
)
median = _matching(_median("median", median_all, median_dim, median_result, "NaN wins."))
nanmedian = _matching(
    _median("nanmedian", nanmedian_all, nanmedian_dim, nanmedian_result, "NaN is not counted.")
)

# ------------------------------------------------------------------------- the k best


def _topk(input: np.ndarray, k, dim, largest, is_sorted) -> tuple:
    if input.ndim == 0:
        return kernels.cast_array(input, input.dtype), kernels.fill(kernels.empty((), np.int64), 0)
    rows = kernels.rows_along(input, dim)
    best = _run("topk", rows, (*rows.shape[:-1], k), (int(largest), int(is_sorted)))
    if dim == input.ndim - 1:
        return best
    return tuple([kernels.contiguous(kernels.moved(one, input.ndim - 1, dim)) for one in best])


topk_op = op(
    "topk",
    forward=_topk,
    outputs=("values", "indices"),
    input=lambda g, input_shape, dim, indices: scatter_back(g, input_shape, dim, indices),
    doc="The k largest or smallest elements along a dimension.",
)


@takes_out()
@method()
def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> NamedResult:
    """The k largest elements along ``dim``, or the smallest: (values, indices).

    The best comes first if ``sorted``. NaN is larger than all numbers. Raises RuntimeError where
    there are fewer than ``k``, and for bool.
    """
    dim = normal_dim(dim, input.ndim)
    if not 0 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input.dtype.name == "bool":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    return topk_result.of(topk_op(input, k, dim, largest, sorted))


__all__ = ["kthvalue", "median", "mode", "nanmedian", "topk"]
