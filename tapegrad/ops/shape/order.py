"""Views with the dimensions in another order."""

from __future__ import annotations

from operator import index

from tapegrad import _kernels as kernels
from tapegrad._core import become_view
from tapegrad._tensor import Tensor, attach_method
from tapegrad._types import Ints
from tapegrad.ops._declare import attach, method, op, public, takes_tensors
from tapegrad.ops._dims import distinct_dims, named_sizes, order_after_move
from tapegrad.ops.shape.sizes import alias_op


def _t_op(name: str, grad_name: str):
    return op(
        name,
        forward=kernels.transposed,
        params=("input",),
        grad_name=grad_name,
        is_view=True,
        input="t(g)",
        doc="A matrix with rows and columns swapped.",
    )


def _transpose_op(name: str, grad_name: str, method: bool):
    return op(
        name,
        forward=kernels.swapped,
        params=("input", "dim0", "dim1"),
        grad_name=grad_name,
        is_view=True,
        method=method,
        input=lambda g, dim0, dim1: g.transpose(dim0, dim1),
        doc="Two dimensions swapped, as a view.",
    )


# The in-place forms give the tensor itself another geometry; PyTorch numbers their nodes apart.
t_op, t_inplace_op = _t_op("t", "TBackward0"), _t_op("t_", "TBackward1")
transpose = _transpose_op("transpose", "TransposeBackward0", True)
transpose_inplace_op = _transpose_op("transpose_", "TransposeBackward1", False)
permute_op = op(
    "permute",
    forward=kernels.permuted,
    params=("input", "dims"),
    is_view=True,
    input=lambda g, dims: permute_op(g, tuple(map(dims.index, range(len(dims))))),
    doc="Dimensions in another order.",
)


@method()
def t(input: Tensor) -> Tensor:
    """A matrix with rows and columns swapped; a vector or number as it is."""
    _check_for_t("t", input)
    return t_op(input)


@method()
def t_(self: Tensor) -> Tensor:
    """Swap the rows and columns of this matrix itself; its memory stays as it is."""
    _check_for_t("t_", self)
    return become_view(t_inplace_op, self)


def _check_for_t(name: str, input: Tensor) -> None:
    if input.ndim > 2:
        raise RuntimeError(
            f"{name}() expects a tensor with <= 2 dimensions, but self is {input.ndim}D"
        )


@method()
def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions of this tensor itself; its memory stays as it is."""
    return become_view(transpose_inplace_op, self, dim0, dim1)


@takes_tensors
def permute(input: Tensor, dims: Ints) -> Tensor:
    """Dimensions in the order ``dims``, as a view."""
    return _permuted(input, dims)


@method("permute")
def _permuted_by(self: Tensor, *dims, **keyword) -> Tensor:
    """As :func:`permute`, of dimensions that may stand one by one."""
    return _permuted(self, named_sizes("permute", dims, keyword, "dims"))


def _permuted(input: Tensor, order: Ints) -> Tensor:
    if len(order) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    distinct = distinct_dims(order, input.ndim)
    if distinct is None:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_op(input, distinct)


def _reversed_dims(input: Tensor) -> Tensor:
    """The dimensions in reverse order."""
    return permute_op(input, tuple(range(input.ndim - 1, -1, -1)))


def _matrices_turned(input: Tensor, name: str) -> Tensor:
    if input.ndim == 0:
        return input
    if input.ndim == 1:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return transpose(input, input.ndim - 2, input.ndim - 1)


def _matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions swapped."""
    return _matrices_turned(input, "mT")


def _conjugate_transpose(input: Tensor) -> Tensor:
    """The last two dimensions swapped: real numbers are their own conjugates."""
    return _matrices_turned(input, "mH")


def _matrix_conjugate_transpose(input: Tensor) -> Tensor:
    """A matrix with its dimensions swapped: real numbers are their own conjugates."""
    if input.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {input.ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if input.ndim > 2 else "")
        )
    return transpose(input, 0, 1) if input.ndim else input


@method()
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions swapped, as a view: real numbers are their own conjugates."""
    return _matrices_turned(input, "adjoint()")


attach_method("T", property(_reversed_dims))
attach_method("mT", property(_matrix_transpose))
attach_method("H", property(_matrix_conjugate_transpose))
attach_method("mH", property(_conjugate_transpose))


@method()
def movedim(input: Tensor, source, destination) -> Tensor:
    """Dimensions moved to new places, as a view; the others keep their order."""
    if isinstance(source, (tuple, list)) is not isinstance(destination, (tuple, list)):
        raise TypeError("movedim() takes two numbers or two tuples of them")
    sources, targets = _as_tuple(source), _as_tuple(destination)
    if len(sources) != len(targets):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(sources)} dims) should "
            f"contain the same number of dims as destination ({list(targets)} dims)"
        )
    moved = distinct_dims(sources, input.ndim) or _no_dims("source", sources)
    places = distinct_dims(targets, input.ndim) or _no_dims("destination", targets)
    if input.ndim == 0:
        return alias_op(input)
    return permute_op(input, order_after_move(moved, places, input.ndim))


def _no_dims(name: str, dims: tuple) -> tuple:
    """None at all, where some are not all different ones."""
    if dims:
        raise RuntimeError(f"movedim: repeated dim in `{name}` ({[*map(index, dims)]})")
    return ()


def _as_tuple(dims) -> tuple:
    return tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)


for _alias, _of in {
    "swapaxes": transpose, "swapdims": transpose, "moveaxis": movedim,
    "swapaxes_": transpose_, "swapdims_": transpose_,
}.items():  # fmt: skip
    attach(_alias, _of)

swapaxes, swapdims = public("swapaxes", transpose), public("swapdims", transpose)
moveaxis = public("moveaxis", movedim)

__all__ = ["adjoint", "moveaxis", "movedim", "permute", "swapaxes", "swapdims", "t", "transpose"]
