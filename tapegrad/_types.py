"""The small value types that describe a tensor: dtype, device, layout, memory format and Size."""

from __future__ import annotations

import builtins

import numpy as np

_int, _float = builtins.int, builtins.float


class dtype:  # noqa: N801 - PyTorch's name
    """The type of a tensor's elements; one object each, printed as ``torch.float32``."""

    __slots__ = ("is_complex", "is_floating_point", "is_signed", "itemsize", "name", "numpy")
    __module__ = "torch"

    def __init__(self, name: str, numpy_type: type) -> None:
        self.name = name
        self.numpy = np.dtype(numpy_type)
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = self.numpy.kind == "f"
        self.is_signed = self.numpy.kind in "if"
        self.is_complex = False

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple:
        return dtype_named, (self.name,)

    def to_real(self) -> dtype:
        """This dtype: every dtype here is real."""
        return self


bool = dtype("bool", np.bool_)  # noqa: A001 - PyTorch's name
uint8 = dtype("uint8", np.uint8)
int8 = dtype("int8", np.int8)
int16 = dtype("int16", np.int16)
int32 = dtype("int32", np.int32)
int64 = dtype("int64", np.int64)
float16 = dtype("float16", np.float16)
float32 = dtype("float32", np.float32)
float64 = dtype("float64", np.float64)

short, int, long = int16, int32, int64  # noqa: A001 - PyTorch's names
half, float, double = float16, float32, float64  # noqa: A001 - PyTorch's names

ALL_DTYPES = (bool, uint8, int8, int16, int32, int64, float16, float32, float64)
BY_NUMPY_NUMBER = {one.numpy.num: one for one in ALL_DTYPES}


def dtype_named(name: str) -> dtype:
    """The dtype object called ``name``; pickles refer to dtypes this way."""
    return next(one for one in ALL_DTYPES if one.name == name)


class Size(tuple):
    """A tensor's shape: a tuple that prints as ``torch.Size([2, 3])``."""

    __slots__ = ()
    __module__ = "torch"

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(repr, self))}])"

    def __add__(self, other: tuple) -> Size:
        return Size(tuple.__add__(self, other))

    def __mul__(self, times) -> Size:  # noqa: ANN001
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __getitem__(self, index):  # noqa: ANN001, ANN204
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __reduce__(self) -> tuple:
        return Size, (tuple(self),)

    def numel(self):  # noqa: ANN201
        """The number of elements of a tensor of this shape."""
        count = 1
        for size in self:
            count *= size
        return count


class device:  # noqa: N801 - PyTorch's name
    """Where a tensor lives; here that is always the CPU."""

    __slots__ = ("index", "type")
    __module__ = "torch"

    def __init__(self, type, index=None) -> None:  # noqa: A002, ANN001
        if isinstance(type, device):
            type, index = type.type, type.index  # noqa: A001
        kind, _, number = str(type).partition(":")
        self.type = kind
        self.index = index if not number else _int(number)

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{number})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object):  # noqa: ANN204
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):  # noqa: ANN204
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple:
        return device, (self.type, self.index)


class _Named:
    """A constant that prints as its qualified name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout(_Named):  # noqa: N801 - PyTorch's name
    """How a tensor's elements are stored; here always ``torch.strided``."""

    __slots__ = ()


class memory_format(_Named):  # noqa: N801 - PyTorch's name
    """The order in which a tensor's dimensions lie in memory."""

    __slots__ = ()


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")


class finfo:  # noqa: N801 - PyTorch's name
    """Limits of a floating-point dtype: ``bits eps max min tiny smallest_normal resolution``."""

    __module__ = "torch"

    def __init__(self, type: dtype = float32) -> None:  # noqa: A002
        if not type.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. "
                f"Use torch.iinfo to handle '{type}'"
            )
        limits = np.finfo(type.numpy)
        self.dtype = type.name
        self.bits = type.itemsize * 8
        self.max, self.min, self.eps = (_float(limits.max), _float(limits.min), _float(limits.eps))
        self.tiny = self.smallest_normal = _float(limits.smallest_normal)
        self.resolution = _float(limits.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, "
            f"tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 - PyTorch's name
    """Limits of an integer dtype: ``bits max min``."""

    __module__ = "torch"

    def __init__(self, type: dtype) -> None:  # noqa: A002
        if type.is_floating_point or type is bool:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. "
                f"Use torch.finfo to handle '{type}'"
            )
        limits = np.iinfo(type.numpy)
        self.dtype, self.bits = type.name, limits.bits
        self.max, self.min = _int(limits.max), _int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
