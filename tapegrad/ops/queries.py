"""What can be asked of a tensor, or of two."""

from __future__ import annotations

import warnings
from typing import Any

from tapegrad import _tensor, _types
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import method, public, takes_tensors
from tapegrad.ops.memory_formats import order_in
from tapegrad.ops.pointwise import imag, real


@method()
def is_conj(input: Tensor) -> bool:
    """Whether elements are still to be conjugated: never, they are real."""
    return False


@method()
def is_neg(input: Tensor) -> bool:
    """Whether elements are still to be negated: never, they are real."""
    return False


@method()
def is_distributed(input: Tensor) -> bool:
    """Whether the elements lie in several processes: they never do."""
    return False


@method()
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is another number than zero. Raises RuntimeError for several."""
    return bool(input)


@method()
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same sizes."""
    return input.shape == other.shape


@method()
def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Whether two tensors show the same elements of the same memory in the same way."""
    a, b = ((x.untyped_storage()._cdata, x.storage_offset(), x.shape, x.stride(), x.dtype)
            for x in (input, tensor))  # fmt: skip
    return a == b


is_signed = public("is_signed", Tensor.is_signed)
is_inference = public("is_inference", Tensor.is_inference)


@method()
def dim_order(self: Tensor, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions as they lie in memory, the densest last.

    Strides that are equal, or of dimensions with one element, say nothing about their order: then
    it is the present one. With ``ambiguity_check``, True or memory formats that it may be one of,
    that raises RuntimeError.
    """
    order = _memory_order(self)
    if ambiguity_check and not _is_certain(self, ambiguity_check):
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given "
            "memory formats."
        )
    return order


def _memory_order(input: Tensor) -> tuple[int, ...]:
    if input.is_contiguous():
        return tuple(range(input.ndim))
    for one in (_types.channels_last, _types.channels_last_3d):
        fits = one.order is not None and len(one.order) == input.ndim
        if fits and input.is_contiguous(memory_format=one):
            return tuple(order_in(input.ndim, one))
    return _by_stride(input)


def _by_stride(input: Tensor) -> tuple[int, ...]:
    """Dimensions by falling stride; a stride of 0 says nothing, so that others pass over it."""
    stride, order = input.stride(), list(range(input.ndim))
    for first in reversed(range(input.ndim - 1)):
        place = first
        for after in range(first + 1, input.ndim):
            a, b = (stride[order[k]] for k in (place, after))
            if a and b and a < b:
                order[place], order[after] = order[after], order[place]
                place = after
            elif a and b and a > b:
                break
    return tuple(order)


def _is_certain(input: Tensor, formats: Any) -> bool:
    if formats is True:
        return len(set(input.stride())) == input.ndim and 1 not in input.shape
    return sum(input.is_contiguous(memory_format=one) for one in formats) == 1


@method()
def to_dense(
    input: Tensor, dtype: _types.dtype | None = None, *, masked_grad: bool | None = None
) -> Tensor:
    """The tensor itself, as it has no other layout, or a copy in another dtype."""
    return input if dtype is None else input.to(dtype=dtype)


@method()
def const_data_ptr(input: Tensor) -> int:
    """The address of the first element."""
    return input.data_ptr()


def _grad_dtype(self: Tensor) -> _types.dtype:
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    return self.dtype


def _set_grad_dtype(self: Tensor, dtype: _types.dtype | None) -> None:
    if not (dtype is None or isinstance(dtype, _types.dtype)):
        raise RuntimeError(
            f"grad_dtype must be a torch.dtype or None, but got {_types.kind_of(dtype)}"
        )
    if dtype is not self.dtype:
        raise NotImplementedError(f"tapegrad keeps gradients of {self.dtype} in that dtype alone")


def _set_real(self: Tensor, value: Any) -> None:
    if isinstance(value, Tensor):
        self.copy_(value)
    elif isinstance(value, (bool, int, float)):
        self.fill_(value)
    else:
        raise TypeError(f"can't assign a {_types.kind_of(value)} to a {self.type()}")


def _set_imag(self: Tensor, value: object = None) -> None:
    imag(self)  # refuses, as there are no complex numbers


def _volatile(self: Tensor) -> bool:
    warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
    return False


def _set_volatile(self: Tensor, value: object = None) -> None:
    warnings.warn(
        "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
        stacklevel=2,
    )


def _no(self: Tensor) -> bool:
    """False: tensors are dense, on the CPU, and as no other library keeps them."""
    return False


attach_method("real", property(real, _set_real))
attach_method("imag", property(imag, _set_imag, _set_imag))
attach_method("grad_dtype", property(_grad_dtype, _set_grad_dtype))
for _name in (
    "is_cuda", "is_ipu", "is_maia", "is_meta", "is_mkldnn", "is_mps", "is_mtia", "is_nested",
    "is_quantized", "is_sparse", "is_sparse_csr", "is_vulkan", "is_xla", "is_xpu",
):  # fmt: skip
    attach_method(_name, property(_no))
attach_method("volatile", property(_volatile, _set_volatile, _set_volatile))
attach_method("name", property(lambda self: None))


def is_tensor(obj: object) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


@takes_tensors
def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor's dtype is a floating-point one."""
    return input.is_floating_point()


@takes_tensors
def is_complex(input: Tensor) -> bool:
    """Whether a tensor's dtype is a complex one: none is."""
    return False


@takes_tensors
def numel(input: Tensor) -> int:
    """The number of elements of a tensor."""
    return input.numel()


@takes_tensors
def detach(input: Tensor) -> Tensor:
    """The same memory without history."""
    return input.detach()


get_default_dtype = public("get_default_dtype", _tensor.get_default_dtype)
is_grad_enabled = public("is_grad_enabled", _tensor.is_grad_enabled)
is_inference_mode_enabled = public(
    "is_inference_mode_enabled", _tensor.is_inference_mode_enabled
)
is_anomaly_enabled = public("is_anomaly_enabled", _tensor.is_anomaly_enabled)
is_anomaly_check_nan_enabled = public(
    "is_anomaly_check_nan_enabled", _tensor.is_anomaly_check_nan_enabled
)

__all__ = [
    "detach", "get_default_dtype", "is_anomaly_check_nan_enabled", "is_anomaly_enabled",
    "is_complex", "is_conj", "is_distributed", "is_floating_point", "is_grad_enabled",
    "is_inference", "is_inference_mode_enabled", "is_neg", "is_nonzero", "is_same_size",
    "is_signed", "is_tensor", "numel",
]  # fmt: skip
