"""What convolutions refuse, in PyTorch's words."""

from __future__ import annotations

import math
import operator
from typing import NoReturn

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import have_dtype_of
from tapegrad.ops._dims import plain_ints
from tapegrad.ops.spatial.geometry import Geometry
from tapegrad.ops.spatial.sizes import c_name, remembered, scalar_name, times
from tapegrad.ops.tensor_types import cpu_type_name


def per_dim(function: str, name: str, given, n_dims: int, n_weight: int) -> tuple[int, ...]:
    """One number for each of the weight's dimensions; a lone one stands for the function's."""
    sizes = plain_ints(given, n_weight) if n_weight == n_dims else None
    if sizes is not None:
        return sizes
    items = given if isinstance(given, (tuple, list)) else (given,) * n_dims
    try:
        sizes = tuple(map(operator.index, items))
    except TypeError:
        sizes = None
    if sizes is None or (items and isinstance(items[0], bool)):
        raise TypeError(
            f"{function}(): argument '{name}' must be tuple of ints, not {type(given).__name__}"
        )
    if len(sizes) == 1:
        return sizes * n_weight
    if len(sizes) != n_weight:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n_weight} values to match "
            f"the convolution dimensions, but got {name}={list(sizes)}"
        )
    return sizes


def check_convolution(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry
) -> None:
    """Refuse what does not fit together, in the order in which PyTorch looks."""
    check_shapes(input.shape, weight.shape, None if bias is None else bias.shape, geometry)
    if not (input.dtype.is_floating_point and have_dtype_of(input, weight, bias)):
        check_dtypes(input, weight, bias, geometry)


@remembered
def check_shapes(input: tuple, weight: tuple, bias: tuple | None, geometry: Geometry) -> None:
    """Refuse sizes that do not fit together."""
    check_ranks(input, weight, " ")
    _check_window(geometry)
    _check_channels(input, weight, bias, geometry)
    _check_sizes(input, weight, geometry)


def check_dtypes(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> None:
    """Refuse dtypes that differ or hold no fractions, where PyTorch has no convolution of them."""
    transposed, name = geometry.transposed, scalar_name(input._array)
    if input.dtype.name == "bool" or (transposed and input.dtype.name in _NOT_TRANSPOSED):
        n_dims = max(input.ndim - 2, 2)
        has_columns = n_dims == 3 and math.prod(weight.shape[2:]) > 1
        kernel = "compute_columns3d" if has_columns else f"slow_conv{n_dims}d_cpu"
        kernel = f"slow_conv_transpose{n_dims}d_out_cpu" if transposed else kernel
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")
    if input.dtype is not weight.dtype:
        if _is_accelerated(input, weight, geometry):
            _refuse_on_mkldnn(input, "weight", weight)
        raise RuntimeError(
            f"expected scalar type {name} but found {scalar_name(weight._array)}"
        )
    if bias is not None and bias.dtype is not input.dtype:
        _check_added(input, weight, bias, geometry)


def _check_added(input: Tensor, weight: Tensor, bias: Tensor, geometry: Geometry) -> None:
    """Refuse another dtype of what is added, unless it is cast."""
    found, name = scalar_name(bias._array), scalar_name(input._array)
    if _is_accelerated(input, weight, geometry):
        _refuse_on_mkldnn(input, "bias", bias)
    if not geometry.transposed:
        return
    if input.ndim == 5:
        raise RuntimeError(f"expected scalar type {name} but found {found}")
    if bias.is_floating_point() and not input.is_floating_point():
        raise RuntimeError(
            f"result type {found} can't be cast to the desired output type {name}"
        )


def _refuse_on_mkldnn(input: Tensor, role: str, other: Tensor) -> None:
    raise RuntimeError(
        f"Input type ({input.type()}) and {role} type ({cpu_type_name(other)}) should be the same "
        f"or input should be a MKLDNN tensor and {role} is a dense tensor"
    )


def _is_accelerated(input: Tensor, weight: Tensor, geometry: Geometry) -> bool:
    """Whether PyTorch would leave it to oneDNN, which refuses in its own words."""
    each = zip(geometry.output_padding, geometry.stride, strict=True)
    if geometry.transposed and any(more >= every for more, every in each):
        return False
    if input.dtype is not _types.float32:
        return input.dtype is _types.float16
    return _is_large(input.shape, weight.shape, geometry.groups)


def _is_large(input: tuple, weight: tuple, groups: int) -> bool:
    """Whether a convolution of float32 is worth oneDNN's while."""
    kernel = (1, *weight[2:])[-2:]
    return groups > 1 or min(kernel) > 3 or input[0] > 1 or math.prod(input[:4]) > _LARGE


_LARGE = 20480
_NOT_TRANSPOSED = frozenset({"int8", "uint8", "int16", "int32"})


def _check_window(geometry: Geometry) -> None:
    """Refuse numbers that no window can have."""
    if geometry.groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if min(geometry.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(geometry.output_padding) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(geometry.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(geometry.dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")


def _check_channels(
    input: tuple, weight: tuple, bias: tuple | None, geometry: Geometry
) -> None:
    """Refuse channels that do not fit groups, weight and bias."""
    groups, shape, size = geometry.groups, list(weight), list(input)
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {shape} instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{shape}] instead"
        )
    given, wanted = f"groups={groups}", shape[1] * groups
    n_out = shape[0]
    if geometry.transposed:
        given, wanted, n_out = "transposed=1", shape[0], shape[1] * groups
    if size[1] != wanted:
        raise RuntimeError(
            f"Given {given}, weight of size {shape}, expected input{size} to have {wanted} "
            f"channels, but got {size[1]} channels instead"
        )
    if bias is not None and bias != (n_out,):
        given = "transposed=1, " if geometry.transposed else ""
        raise RuntimeError(
            f"Given {given}weight of size {shape}, expected bias to be 1-dimensional with {n_out} "
            f"elements, but got bias of size {list(bias)} instead"
        )


def check_weight(weight: Tensor) -> int:
    """The number of dimensions that a weight slides along."""
    if weight.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    return weight.ndim - 2


def check_ranks(input: tuple, weight: tuple, gap: str) -> None:
    """Refuse an input that has not as many dimensions as the weight."""
    if len(input) != len(weight):
        raise RuntimeError(
            f"Expected {len(weight)}-dimensional input for {len(weight)}-dimensional weight{gap}"
            f"{list(weight)}, but got {len(input)}-dimensional input of size {list(input)} instead"
        )


def _check_sizes(input: tuple, weight: tuple, geometry: Geometry) -> None:
    """Refuse inputs into which no window fits."""
    size, kernel = input[2:], weight[2:]
    if min(kernel) < 1:
        names = ("depth", "height", "width")[3 - max(len(kernel), 2) :]
        shown = (*(1,) * (2 - len(kernel)), *kernel)
        sizes = " ".join(f"kernel_{name}: {n}" for name, n in zip(names, shown, strict=True))
        raise RuntimeError(f"kernel size should be greater than zero, but got {sizes}")
    if geometry.transposed:
        _check_enlarged(size, kernel, geometry)
    else:
        padded = tuple(n + 2 * pad for n, pad in zip(size, geometry.padding, strict=True))
        reach = tuple(
            step * (k - 1) + 1 for step, k in zip(geometry.dilation, kernel, strict=True)
        )
        if any(n < k for n, k in zip(padded, reach, strict=True)):
            raise RuntimeError(
                f"Calculated padded input size per channel: ({times(padded)}). Kernel size: "
                f"({times(reach)}). Kernel size can't be greater than actual input size"
            )
    if min(geometry.dilation) <= 0:
        if _is_large(input, weight, geometry.groups):
            raise RuntimeError("non-positive dilation is not supported")
        listed = [*(1,) * (2 - len(size)), *geometry.dilation]
        raise RuntimeError(f"dilation should be greater than zero, but got {listed}")
    if 0 in size and 0 not in input[:2]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(input)}"
        )


def _check_enlarged(size, kernel, geometry: Geometry) -> None:
    each = zip(geometry.output_padding, geometry.stride, geometry.dilation, strict=True)
    if any(more >= every and more >= step for more, every, step in each):
        names = ("depth", "height", "width")[3 - max(len(kernel), 2) :]
        rows = (
            ("output_padding", geometry.output_padding, 0),
            ("stride", geometry.stride, 1),
            ("dilation", geometry.dilation, 1),
        )
        listed = [
            f"{what}_{name}: {n}"
            for what, sizes, filler in rows
            for name, n in zip(names, (filler,) * (2 - len(sizes)) + sizes, strict=True)
        ]
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            + " ".join(listed)
        )
    result = geometry.enlarged(size, kernel)
    if min(result) < 1:
        size, result = ((*(1,) * (2 - len(one)), *one) for one in (size, result))
        raise RuntimeError(
            f"Given input size per channel: ({times(size)}). Calculated output size per channel: "
            f"({times(result)}). Output size is too small"
        )


def each_per_dim(function: str, n_dims: int, n_weight: int, named: dict) -> dict[str, tuple]:
    """Several settings of a window, by name."""
    return {
        name: per_dim(function, name, given, n_dims, n_weight) for name, given in named.items()
    }


def refuse_bias(input: Tensor, bias: Tensor) -> NoReturn:
    """Refuse another dtype than the input's."""
    raise RuntimeError(
        f"Input type ({c_name(input.dtype)}) and bias type ({c_name(bias.dtype)}) should be the "
        "same"
    )


def batched(function: str, input: Tensor, n_dims: int) -> bool:
    """Whether the input has a batch. Refuses what has too many or too few dimensions."""
    if input.ndim not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"Expected {n_dims + 1}D (unbatched) or {n_dims + 2}D (batched) input to {function}, "
            f"but got input of size: {list(input.shape)}"
        )
    return input.ndim == n_dims + 2
