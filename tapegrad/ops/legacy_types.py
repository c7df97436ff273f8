"""The types that tensors had before they had dtypes: ``torch.FloatTensor`` and its kin."""

from __future__ import annotations

import warnings
from typing import Any

from tapegrad import _types
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor, get_default_dtype, set_default_dtype
from tapegrad.ops._declare import method
from tapegrad.ops.create.legacy import construct_legacy


class tensortype(type):
    """The type of those types: a tensor is an instance of the one that its dtype names."""

    __module__ = "torch"
    dtype: _types.dtype
    layout = _types.strided
    is_cuda = False
    is_sparse = False

    def __instancecheck__(cls, instance: object) -> bool:
        return not cls.is_cuda and isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, **keyword: Any) -> Tensor:
        """Sizes for uninitialised memory, or data, or a tensor of this dtype."""
        if cls.is_cuda:
            raise TypeError(
                f"type {cls.__module__}.{cls.__name__} not available. "
                "Torch not compiled with CUDA enabled."
            )
        return Tensor._wrap(construct_legacy(args, keyword, cls.dtype))


def _types_of(module: str, is_cuda: bool) -> dict[str, tensortype]:
    """A type a dtype, under its old name."""
    described = {"__module__": module, "is_cuda": is_cuda, "__slots__": ()}
    return {
        f"{TYPE_NAMES[number]}Tensor": tensortype(
            f"{TYPE_NAMES[number]}Tensor", (),
            {**described, "dtype": dtype, "__doc__": f"Tensors of dtype {dtype}."},
        )
        for number, dtype in _types.BY_NUMPY_NUMBER.items()
    }  # fmt: skip


CPU_TYPES = _types_of("torch", is_cuda=False)
CUDA_TYPES = _types_of("torch.cuda", is_cuda=True)
_BY_NAME = {
    f"{kind.__module__}.{kind.__name__}": kind
    for kind in (*CPU_TYPES.values(), *CUDA_TYPES.values())
}
BoolTensor, ByteTensor, CharTensor, ShortTensor, IntTensor, LongTensor = (
    CPU_TYPES[f"{name}Tensor"] for name in ("Bool", "Byte", "Char", "Short", "Int", "Long")
)
HalfTensor, FloatTensor, DoubleTensor = (
    CPU_TYPES[f"{name}Tensor"] for name in ("Half", "Float", "Double")
)


@method("type")
def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's old type or, given one, its name or a dtype, the tensor in that."""
    if dtype is None:
        return f"torch.{TYPE_NAMES[input.dtype.numpy.num]}Tensor"
    kind = _BY_NAME.get(dtype) if isinstance(dtype, str) else dtype
    if dtype == "torch.Tensor" or kind is Tensor:
        kind = get_default_dtype()
    if isinstance(kind, _types.dtype):
        return input.to(kind)
    if not isinstance(dtype, (str, type)):
        raise TypeError("dtype must be a type, str, or dtype object")
    if not isinstance(kind, tensortype):
        name = dtype if isinstance(dtype, str) else dtype.__name__
        raise ValueError(f"invalid type: '{name}'")
    if kind.is_cuda:
        raise RuntimeError("Cannot initialize CUDA without ATen_cuda library.")
    return input.to(kind.dtype)


def set_default_tensor_type(t: tensortype | str, /) -> None:
    """Let one of these types, or its name, say the dtype of new floating-point tensors.

    Deprecated since PyTorch 2.1 and warns so; ``set_default_dtype`` does the same.
    """
    if isinstance(t, str):
        t = _type_named(t)
    if not isinstance(t, tensortype):
        raise TypeError(
            "invalid type object: only floating-point types are supported as the default type"
        )
    if t.is_cuda:
        raise TypeError(
            f"type {t.__module__}.{t.__name__} not available. Torch not compiled with CUDA enabled."
        )
    if not t.dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives.",
        UserWarning,
        stacklevel=2,
    )
    set_default_dtype(t.dtype)


def _type_named(path: str) -> tensortype:
    module, _, name = path.rpartition(".")
    places = {"torch": CPU_TYPES, "torch.cuda": CUDA_TYPES}
    if module not in places:
        raise ModuleNotFoundError(f"No module named '{module or path}'", name=module or path)
    if name not in places[module]:
        raise AttributeError(f"module '{module}' has no attribute '{name}'")
    return places[module][name]


__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "set_default_tensor_type",
]  # fmt: skip
