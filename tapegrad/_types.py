"""The small value types that describe a tensor: dtype, device, layout, memory format and Size."""

from __future__ import annotations

import builtins
import re
from itertools import count
from operator import index
from typing import Any, TypeAlias

import numpy as np

from tapegrad._size import Items
from tapegrad._values import ReadOnly, constructor

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool

Ints: TypeAlias = "tuple[int, ...] | list[int]"  # what declares it takes no lone number
DimsOrTruth: TypeAlias = "Any"  # by name no truth value; by place it may stand for another argument


def kind_of(value: object) -> str:
    """A value's type as PyTorch's errors name it: with its module if it is compiled, not built in.

    So it is ``list`` and ``MyClass``, but ``numpy.ndarray`` and ``torch.dtype``.
    """
    kind = type(value)
    is_compiled = not kind.__flags__ & _HEAP_TYPE and kind.__module__ != "builtins"
    is_compiled = is_compiled or kind.__module__ in ("torch", "torch._C")  # the types of this file
    is_compiled = is_compiled and kind.__name__ != "Tensor"  # whose name has no module in messages
    return f"{kind.__module__}.{kind.__name__}" if is_compiled else kind.__name__


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


class Constant(ReadOnly):
    """Base of types whose values all stand in this file: a program cannot make others."""

    __slots__ = ("name",)

    name: str

    def __new__(cls, *args: object, **kwargs: object) -> Any:
        """Refuse; :meth:`_named` makes them."""
        raise TypeError(f"cannot create 'torch.{cls.__name__}' instances")

    @classmethod
    def _named(cls, name: str, **attributes: Any) -> Any:
        made = object.__new__(cls)
        made._describe(name=name, **attributes)
        return made

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple:
        return constant_named, (self.name,)


class dtype(Constant):
    """The type of a tensor's elements; one object each, printed as ``torch.float32``."""

    __slots__ = ("is_complex", "is_floating_point", "is_signed", "itemsize", "numpy")
    __module__ = "torch"

    is_complex: _bool
    is_floating_point: _bool
    is_signed: _bool
    itemsize: _int
    numpy: np.dtype[Any]

    def __getattr__(self, name: str) -> Any:
        if name == "numpy":  # the slot is empty: this dtype is named only
            raise NotImplementedError(f"tapegrad has no tensors of dtype {self}")
        return super().__getattr__(name)

    def __reduce__(self) -> tuple:
        return dtype_named, (self.name,)

    def to_real(self) -> dtype:
        """The dtype of a number's real part: this one, unless it is complex."""
        return _REAL_PARTS.get(self.name, self)

    def to_complex(self) -> dtype:
        """The dtype of numbers whose parts have this one. Raises RuntimeError for whole numbers."""
        if self.is_complex:
            return self
        if self is bfloat16:
            return complex64
        for name, part in _REAL_PARTS.items():
            if part is self:
                return dtype_named(name)
        raise RuntimeError(f"Unknown Complex ScalarType for {scalar_name(self)}")


def _named_only(name: str, kind: str, itemsize: _int, **attributes: Any) -> dtype:
    """A dtype that programs can name and compare, but that no tensor has."""
    return dtype._named(
        name, itemsize=itemsize, is_floating_point=kind == "f", is_complex=kind == "c",
        is_signed=kind in "ifc", **attributes,
    )  # fmt: skip


def _dtype(name: str) -> dtype:
    numpy = np.dtype(name)
    return _named_only(name, numpy.kind, numpy.itemsize, numpy=numpy)


bool, uint8, int8, int16 = map(_dtype, ("bool", "uint8", "int8", "int16"))
int32, int64 = map(_dtype, ("int32", "int64"))
float16, float32, float64 = map(_dtype, ("float16", "float32", "float64"))

short, int, long = int16, int32, int64
half, float, double = float16, float32, float64

bfloat16 = _named_only("bfloat16", "f", 2)
complex32 = chalf = _named_only("complex32", "c", 4)
complex64 = cfloat = _named_only("complex64", "c", 8)
complex128 = cdouble = _named_only("complex128", "c", 16)
_REAL_PARTS = {"complex32": float16, "complex64": float32, "complex128": float64}
OTHERS = {
    name: _named_only(name, kind, itemsize)
    for kind, itemsize, names in (
        ("u", 2, "uint16"), ("u", 4, "uint32"), ("u", 8, "uint64"),
        ("u", 1, "uint1 uint2 uint3 uint4 uint5 uint6 uint7"),
        ("i", 1, "int1 int2 int3 int4 int5 int6 int7"),
        ("f", 1, "float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu "
                 "float4_e2m1fn_x2"),
        ("b", 1, "bits8 bits1x8 bits2x4 bits4x2"), ("b", 2, "bits16"),
        ("b", 1, "qint8 quint8 quint4x2 quint2x4"), ("b", 4, "qint32"),
    )
    for name in names.split()
}  # fmt: skip
OTHERS["bit"] = OTHERS["uint1"]
_NAMED_ONLY = frozenset((bfloat16, complex32, complex64, complex128, *OTHERS.values()))

ALL_DTYPES = (bool, uint8, int8, int16, int32, int64, float16, float32, float64)
BY_NUMPY_NUMBER: dict[_int, dtype] = {one.numpy.num: one for one in ALL_DTYPES}


_SCALAR_NAMES = {
    "bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int",
    "int64": "Long", "float16": "Half", "float32": "Float", "float64": "Double",
    "bfloat16": "BFloat16", "complex32": "ComplexHalf", "complex64": "ComplexFloat",
    "complex128": "ComplexDouble", "qint8": "QInt8", "quint8": "QUInt8", "qint32": "QInt32",
}  # fmt: skip


def scalar_name(one: dtype) -> str:
    """A dtype as PyTorch's messages about scalar types call it."""
    return _SCALAR_NAMES.get(one.name, one.name.capitalize().replace("Uint", "UInt"))


def dtype_named(name: str) -> dtype:
    """The dtype object called ``name``; pickles refer to dtypes this way."""
    return next(one for one in (*ALL_DTYPES, *_NAMED_ONLY) if one.name == name)


def constant_named(name: str) -> Any:
    """The layout or memory format called ``name``; pickles refer to them this way."""
    return globals()[name]


PYTHON_TYPES: dict[Any, dtype] = {
    builtins.bool: bool, builtins.int: int64, builtins.float: float64, complex: complex128,
}  # fmt: skip


def as_dtype(value: Any, function: str) -> dtype | None:
    """What a function's argument ``dtype`` means: Python's own number types stand for their widest.

    Raises TypeError in the name of that function.
    """
    if value is None:
        return None
    if type(value) is dtype:
        if value in _NAMED_ONLY:
            raise NotImplementedError(f"{function}(): tapegrad has no tensors of dtype {value}")
        return value
    if isinstance(value, type) and value in PYTHON_TYPES and value is not complex:
        return PYTHON_TYPES[value]
    raise TypeError(
        f"{function}(): argument 'dtype' must be torch.dtype, not {type(value).__name__}"
    )


class Size(ReadOnly, Items):
    """A tensor's shape: a tuple that prints as ``torch.Size([2, 3])``."""

    __slots__ = ()
    __module__ = "torch"

    @classmethod
    def _converted(cls, given: tuple) -> Size:
        """What stands for whole numbers as such; TypeError for anything else."""
        return cls(tuple(map(_as_size, given, count())))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(repr, self))}])"

    def __add__(self, other: tuple) -> Size:
        return Size(tuple.__add__(self, other))

    def __mul__(self, times: Any) -> Size:
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple:
        return size_of, (tuple(self),)

    def numel(self) -> _int:
        """The number of elements of a tensor of this shape."""
        count = 1
        for size in self:
            count *= size
        return count


def _as_size(given: Any, place: _int) -> _int:
    try:
        return index(given)
    except TypeError:
        raise TypeError(
            f"torch.Size() takes an iterable of 'int' (item {place} is '{kind_of(given)}')"
        ) from None


def size_of(sizes: tuple) -> Size:
    """A Size from its numbers; pickles refer to sizes this way."""
    return Size(sizes)


_DEVICE_TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


def _parsed_device(text: str) -> tuple[str, _int | None]:
    """A device string as its type and index: ``cuda:1`` as ``("cuda", 1)``."""
    if not text:
        raise RuntimeError("Device string must not be empty")
    parsed = re.fullmatch(r"([a-zA-Z_]+)(?::(0|[1-9][0-9]*))?", text)
    if parsed is None:
        raise RuntimeError(f"Invalid device string: '{text}'")
    kind, index = parsed.groups()
    if kind not in _DEVICE_TYPES:
        raise RuntimeError(
            f"Expected one of {', '.join(_DEVICE_TYPES)} device type at start of device string: "
            f"{kind}"
        )
    return kind, index if index is None else _int(index)


def device_of(type: str, index: _int | None) -> device:
    """A device from its parts; pickles refer to devices this way."""
    return device(type, index)


class device(ReadOnly):
    """Where a tensor lives; here that is always the CPU."""

    __slots__ = ("index", "type")
    __module__ = "torch"

    type: str
    index: _int | None

    @constructor
    def __init__(self, type: Any = ..., index: Any = None, *, device: Any = ...) -> None:
        is_alone = index is None
        type = device if type is ... else type
        if isinstance(type, self.__class__) and is_alone:
            type, index = type.type, type.index
        if isinstance(type, _int) and is_alone:
            if type < 0:
                raise RuntimeError("Device index must not be negative")
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if not (isinstance(type, str) and (is_alone or isinstance(index, _int))):
            raise TypeError("device() takes a type and a number, or a device")
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        kind, own_index = _parsed_device(str(type))
        if own_index is not None and not is_alone:
            raise RuntimeError("type (string) must not include an index because index was passed "
                               f"explicitly: {type}")
        self._describe(type=kind, index=index if own_index is None else own_index)

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{number})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> _bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> _int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple:
        return device_of, (self.type, self.index)

    def __enter__(self) -> device:
        """The device on which a block creates tensors; the creation itself refuses all but one."""
        DEFAULT_DEVICES.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        DEFAULT_DEVICES.pop()


DEFAULT_DEVICES = [device("cpu")]  # the newest is the one for tensors that name none


class layout(Constant):
    """How a tensor's elements are stored; here always ``torch.strided``."""

    __slots__ = ()
    __module__ = "torch"


class memory_format(Constant):
    """The order in which a tensor's dimensions lie in memory, the last one densest."""

    __slots__ = ("order",)
    __module__ = "torch"

    order: tuple[_int, ...] | None


class qscheme(Constant):
    """How quantized tensors were scaled; there are none here, only the schemes' names."""

    __slots__ = ()
    __module__ = "torch"

    def __reduce__(self) -> str:  # type: ignore[override]
        return self.name


strided: layout = layout._named("strided")
contiguous_format: memory_format = memory_format._named("contiguous_format", order=None)
legacy_contiguous_format = contiguous_format
preserve_format: memory_format = memory_format._named("preserve_format", order=None)
channels_last: memory_format = memory_format._named("channels_last", order=(0, 2, 3, 1))
channels_last_3d: memory_format = memory_format._named("channels_last_3d", order=(0, 2, 3, 4, 1))
per_tensor_affine: qscheme = qscheme._named("per_tensor_affine")
per_channel_affine: qscheme = qscheme._named("per_channel_affine")
per_tensor_symmetric: qscheme = qscheme._named("per_tensor_symmetric")
per_channel_symmetric: qscheme = qscheme._named("per_channel_symmetric")
per_channel_affine_float_qparams: qscheme = qscheme._named("per_channel_affine_float_qparams")


__all__ = [
    "Size", "bfloat16", "bool", "cdouble", "cfloat", "chalf", "channels_last", "channels_last_3d",
    "complex32", "complex64", "complex128", "contiguous_format", "device", "double", "dtype",
    "float", "float16", "float32", "float64", "half", "int", "int8", "int16", "int32", "int64",
    "layout", "legacy_contiguous_format", "long", "memory_format", "per_channel_affine",
    "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine",
    "per_tensor_symmetric", "preserve_format", "qscheme", "short", "strided", "uint8",
]  # fmt: skip
