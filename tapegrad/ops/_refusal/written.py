"""PyTorch's functions that are written in Python, as far as they refuse a call.

A call that failed is made once more with the function of the same name here. It has the parameters
of PyTorch's, so the interpreter refuses what it refuses there; and it gives the call that PyTorch's
makes of a compiled function in the end, whose signatures are then looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Tensor as _Tensor
from tapegrad.ops._refusal import written_functional
from tapegrad.ops._refusal.inner import Inner, Written, by_flag, call, optional_out


def _of_one(called: str) -> Written:
    """A compiled function of one argument, which the interpreter counts itself."""

    def function(*args: Any, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"{called}() takes no keyword arguments")
        if len(args) != 1:
            raise TypeError(f"{called}() takes exactly one argument ({len(args)} given)")

    return function


class Tensor:
    """The methods."""

    def apply_(self, *args: Any, **kwargs: Any) -> None:
        """Take one argument."""
        _of_one("TensorBase.apply_")(*args, **kwargs)

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None) -> None:
        """Compiled further down, where no signature is looked at."""

    def is_shared(self) -> None:
        """Look at the storage."""

    def lu(self, pivot=True, get_infos=False) -> Inner:
        """Factorise."""
        return call("_lu_with_info", self, pivot=pivot, check_errors=not get_infos)

    def norm(self, p="fro", dim=None, keepdim=False, dtype=None) -> Inner:
        """Choose one of two functions."""
        return norm(self, p, dim, keepdim, dtype=dtype)

    def register_hook(self, hook) -> None:
        """Keep the hook."""

    def register_post_accumulate_grad_hook(self, hook) -> None:
        """Keep the hook."""

    def share_memory_(self) -> None:
        """Move the storage."""

    def split(self, split_size, dim=0) -> Inner:
        """Choose one of two functions."""
        if isinstance(split_size, _Tensor) and split_size.numel() == 1:
            split_size = int(split_size)
        name = "split" if isinstance(split_size, int) else "split_with_sizes"
        return call(name, self, split_size, dim)

    def storage(self) -> None:
        """Look at the storage."""

    def unflatten(self, dim, sizes) -> Inner:
        """Refuse no sizes."""
        if not sizes:
            raise RuntimeError("unflatten: sizes must be non-empty")
        return call(".unflatten", dim, sizes)

    def unique(
        self, sorted=True, return_inverse=False, return_counts=False, dim=None
    ) -> Inner | None:
        """Call the function."""
        return unique(self, sorted=sorted, return_inverse=return_inverse,
                      return_counts=return_counts, dim=dim)

    def unique_consecutive(
        self, return_inverse=False, return_counts=False, dim=None
    ) -> Inner | None:
        """Call the function."""
        return unique_consecutive(self, return_inverse=return_inverse,
                                  return_counts=return_counts, dim=dim)


def _atleast(name: str) -> Written:
    def atleast(*tensors) -> Inner:
        return call(name, *tensors) if len(tensors) == 1 else call(name, tensors)

    atleast.__qualname__ = name
    return atleast


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary") -> Inner:
    """Look at the mode first."""
    modes = {"use_mm_for_euclid_dist_if_necessary": None, "use_mm_for_euclid_dist": 1,
             "donot_use_mm_for_euclid_dist": 2}  # fmt: skip
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    return call("cdist", x1, x2, p, modes[compute_mode])


def chain_matmul(*matrices, out=None) -> Inner:
    """Gather the matrices."""
    return call("chain_matmul", matrices, **optional_out(out))


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None) -> Inner:
    """Choose one of two functions."""
    input.layout  # noqa: B018 - what is no tensor is refused by having none
    dims = [dim] if isinstance(dim, int) else dim
    if not isinstance(p, str):
        p = 2.0 if p is None else p
        return call("linalg_vector_norm", input, p, dims, keepdim, dtype=dtype, **optional_out(out))
    if p == "fro" and (dims is None or len(dims) <= 2):
        return call("linalg_vector_norm", input, 2, dims, keepdim, dtype=dtype, **optional_out(out))
    dims = list(range(input.ndim)) if dims is None else dims
    return call("linalg_matrix_norm", input, p, dims, keepdim, dtype=dtype, **optional_out(out))


def split(tensor, split_size_or_sections, dim=0) -> Inner:
    """Call the method."""
    if not isinstance(tensor, _Tensor):
        return tensor.split(split_size_or_sections, dim)
    method: Any = Tensor.split
    return method(tensor, split_size_or_sections, dim)


def tensordot(a, b, dims=2, out=None) -> Inner:
    """Make two lists of the dimensions."""
    if not isinstance(dims, (tuple, list, _Tensor, int)):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] "
            f"containing two lists, but got dims={dims}"
        )
    if isinstance(dims, _Tensor) and dims.numel() > 1:
        if dims.size()[0] != 2:
            raise AssertionError(
                f"dims tensor must have size 2 in first dimension, got {dims.size()[0]}"
            )
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        a_dims, b_dims = dims
    else:
        n = int(dims)
        if n < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if isinstance(dims, int) and n > min(a.dim(), b.dim()):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}"
            )
        a_dims, b_dims = list(range(-n, 0)), list(range(n))
    return call("tensordot", a, b, a_dims, b_dims, **optional_out(out))


def _lu_no_infos(A, pivot=True, get_infos=False, out=None) -> Inner:  # noqa: N803 - PyTorch's
    if isinstance(A, _Tensor) and out is not None:
        len(out)
    return call("_lu_with_info", A, pivot=pivot, check_errors=True)


def _lu_with_infos(A, pivot=True, get_infos=False, out=None) -> Inner:  # noqa: N803 - PyTorch's
    if isinstance(A, _Tensor) and out is not None:
        len(out)
    return call("_lu_with_info", A, pivot=pivot, check_errors=False)


def _unique(called: str) -> Written:
    def unique(
        input, sorted=True, return_inverse=False, return_counts=False, dim=None
    ) -> Inner:
        flags = {"sorted": sorted, "return_inverse": return_inverse, "return_counts": return_counts}
        return call("_unique2", input, **flags) if dim is None \
            else call("unique_dim", input, dim, **flags)

    unique.__qualname__ = called
    return unique


def _unique_consecutive(called: str) -> Written:
    def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None) -> Inner:
        return call("unique_consecutive", input, return_inverse=return_inverse,
                    return_counts=return_counts, dim=dim)

    unique_consecutive.__qualname__ = f"_consecutive{called}"
    return unique_consecutive


def _by_results(make: Callable[[str], Written], position: int) -> Written:
    """The function for the results that are asked for: places first, then counts."""
    alone, with_places, with_counts, with_both = map(make, (
        "_return_output", "_return_inverse", "_return_counts", "_return_inverse_and_counts"))
    return by_flag("return_counts", position + 1,
                   by_flag("return_inverse", position, alone, with_places),
                   by_flag("return_inverse", position, with_counts, with_both))


unique, unique_consecutive = _by_results(_unique, 2), _by_results(_unique_consecutive, 1)


FUNCTIONS: dict[str, Written] = {
    "atleast_1d": _atleast("atleast_1d"), "atleast_2d": _atleast("atleast_2d"),
    "atleast_3d": _atleast("atleast_3d"), "cdist": cdist, "chain_matmul": chain_matmul,
    "from_numpy": _of_one("torch._VariableFunctionsClass.from_numpy"),
    "lu": by_flag("get_infos", 2, _lu_no_infos, _lu_with_infos), "norm": norm,
    "set_flush_denormal": _of_one("torch.set_flush_denormal"), "split": split,
    "tensordot": tensordot, "unique": unique, "unique_consecutive": unique_consecutive,
    **written_functional.FUNCTIONS,
}  # fmt: skip


def function_of(name: str, is_method: bool) -> Written | None:
    """PyTorch's function in Python of this name; None where it is compiled."""
    return vars(Tensor).get(name) if is_method else FUNCTIONS.get(name)


__all__ = ["function_of"]
