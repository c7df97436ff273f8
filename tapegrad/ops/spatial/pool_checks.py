"""What pools refuse, in PyTorch's words."""

from __future__ import annotations

import operator

from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._dims import plain_ints

_TUPLES = {1: "one int", 2: "tuple of two ints", 3: "tuple of three ints"}


def check_rank(function: str, input: Tensor) -> None:
    """Refuse a sequence that has not two or three dimensions."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {function})"
        )


def as_ints(function: str, name: str, position: int, given) -> tuple[int, ...]:
    """A number, or several, as a tuple."""
    if type(given) is int:
        return (given,)
    what = f"{function}(): argument '{name}' (position {position}) must be tuple of ints, "
    if not isinstance(given, (tuple, list)):
        if isinstance(given, bool) or not hasattr(given, "__index__"):
            raise TypeError(f"{what}not {type(given).__name__}")
        return (operator.index(given),)
    for k, one in enumerate(given):
        if not hasattr(one, "__index__") or (k == 0 and isinstance(one, bool)):
            raise TypeError(
                f"{what}but found element of type {type(one).__name__} at pos {k}"
            )
    return tuple(map(operator.index, given))


def one_int(function: str, name: str, position: int, given, otherwise: int | None = None) -> int:
    """The one number of a pool over sequences."""
    if type(given) is int:
        return given
    if otherwise is not None and (given is None or given in ((), [])):
        return otherwise
    sizes = plain_ints(given, 1) or as_ints(function, name, position, given)
    if len(sizes) != 1:
        raise RuntimeError(
            f"{function}() argument '{name}' should contain one int (got {len(sizes)})"
        )
    return sizes[0]


def ints(function: str, name: str, position: int, given, n_dims: int) -> tuple[int, ...]:
    """One number for all dimensions, or one for each."""
    plain = plain_ints(given, n_dims)
    if plain is not None:
        return plain
    sizes = as_ints(function, name, position, given)
    if len(sizes) == 1:
        return sizes * n_dims
    if len(sizes) != n_dims:
        kind = _TUPLES[n_dims]
        if name == "dilation":
            text = f"must be either a single int, or a {kind}"
        elif function.startswith("avg_pool3d"):
            text = f"must be {'omitted, ' if name == 'stride' else ''}a single int, or a {kind}"
        elif name == "stride":
            text = f"must either be omitted, a single int, or a {kind}"
        else:
            text = f"must either be a single int, or a {kind}"
        raise RuntimeError(f"{function}: {name} {text}")
    return sizes


def windows_of(function: str, n_dims: int, input, kernel_size, stride, padding) -> tuple:
    """Kernel, stride and padding of a pool over two or three dimensions."""
    check_tensor(function, "input", input)
    kernel = plain_ints(kernel_size, n_dims) or ints(
        function, "kernel_size", 2, kernel_size, n_dims
    )
    if stride is None or stride in ((), []):
        stride = kernel
    else:
        stride = plain_ints(stride, n_dims) or ints(function, "stride", 3, stride, n_dims)
    padding = plain_ints(padding, n_dims) or ints(function, "padding", 4, padding, n_dims)
    if n_dims == 2 and function.startswith("avg"):
        if input.ndim < 3:
            input.size(-3)
    elif input.ndim not in (n_dims + 1, n_dims + 2):
        raise RuntimeError(
            f"non-empty {n_dims + 1}D or {n_dims + 2}D (batch mode) tensor expected for input"
        )
    return kernel, stride, padding


def check_steps(kernel, stride, padding, dilation) -> None:
    """Refuse numbers with which the windows cannot be counted."""
    for k, every, pad, step in zip(kernel, stride, padding, dilation, strict=True):
        if every == 0:
            raise RuntimeError("stride should not be zero")
        if pad < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {pad}")
        reach = (k - 1) * step + 1
        if pad > (reach // 2 if reach > 0 else -(-reach // 2)):     # C++ rounds to zero
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={pad}, "
                f"kernel_size={k} and dilation={step}"
            )


def _named(prefix: str, suffix: str, sizes: tuple) -> str:
    letters = "TWH"[3 - len(sizes) :] if prefix == "pad" else "THW"[3 - len(sizes) :]
    return " ".join(
        f"{prefix}{letter}{suffix}: {n}" for letter, n in zip(letters, sizes, strict=True)
    )


def _dilations(dilation: tuple) -> str:
    letters = "THW"[3 - len(dilation) :]
    return " ".join(f"dilation{a}: {n}" for a, n in zip(letters, dilation, strict=True))


def check_shapes(kind: str, shape: tuple, kernel, stride, padding, dilation, count) -> None:
    """Refuse windows that cannot be, and inputs in which none fits."""
    n_dims = len(kernel)
    if min(kernel) <= 0:
        raise RuntimeError(
            f"kernel size should be greater than zero, but got {_named('k', '', kernel)}"
        )
    if min(stride) <= 0:
        raise RuntimeError(
            f"stride should be greater than zero, but got {_named('d', '', stride)}"
        )
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {_dilations(dilation)}")
    _check_input(kind, shape, n_dims)
    size = shape[-n_dims:]
    # Padding does not help there, nor rounding up.
    if kind == "avg" and n_dims == 3 and any(n < k for n, k in zip(size, kernel, strict=True)):
        raise RuntimeError(
            f"input image ({_named('', '', size)}) smaller than kernel size "
            f"({_named('k', '', kernel)})"
        )
    if any(pad > k // 2 for pad, k in zip(padding, kernel, strict=True)):
        _refuse_padding(kernel, padding)
    if min(count) >= 1:
        return
    channels = shape[-n_dims - 1]
    sizes = ["x".join(map(str, (channels, *one))) for one in (size, count)]
    raise RuntimeError(
        f"Given input size: ({sizes[0]}). Calculated output size: ({sizes[1]}). Output size is "
        "too small"
    )


def _check_input(kind: str, shape: tuple, n_dims: int) -> None:
    is_batched = len(shape) == n_dims + 2
    is_empty = 0 in shape[1 if is_batched else 0 :]
    if n_dims == 2 and (is_empty or len(shape) not in (3, 4)):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(shape)}"
        )
    if is_empty:
        name = "avg_pool3d" if kind == "avg" else "max_pool3d_with_indices_out_cpu_template"
        raise RuntimeError(
            f"{name}(): Expected input's non-batch dimensions to have positive length, but input "
            f"has a shape of {list(shape)} and non-batch dimension 0 has length zero!"
        )


def _refuse_padding(kernel: tuple, padding: tuple) -> None:
    if len(kernel) == 2:
        listed = f"padW = {padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}"
    else:
        order = (0, 2, 1)
        listed = " ".join(
            f"{name}{'THW'[k]}: {sizes[k]}"
            for name, sizes in (("k", kernel), ("pad", padding))
            for k in order
        )
    raise RuntimeError(
        f"pad should be smaller than or equal to half of kernel size, but got {listed}"
    )


def max_pool1d_with_indices_window(
    input: Tensor, kernel_size, stride, padding, dilation
) -> tuple[int, ...]:
    """As :func:`max_pool1d_window`; the numbers themselves are looked at as those of images are."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
            "'self' (while checking arguments for max_pool1d)"
        )
    stride = kernel_size if stride is None or stride in ((), []) else stride
    named = (("kernel_size", kernel_size), ("stride", stride), ("padding", padding),
             ("dilation", dilation))  # fmt: skip
    return tuple([
        one_int("max_pool1d", name, position, given)
        for position, (name, given) in enumerate(named, 2)
    ])


def max_pool1d_window(shape: tuple, kernel_size, stride, padding, dilation) -> tuple:
    """Kernel, stride, padding and dilation of a maximum over sequences."""
    named = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    if stride is None or stride in ((), []):
        named["stride"] = kernel_size
    is_batched = len(shape) == 3
    if len(shape) not in (2, 3) or 0 in shape[1 if is_batched else 0 :]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(shape)}"
        )
    sizes = {}
    for position, (name, given) in enumerate(named.items(), 2):
        one = as_ints("max_pool1d", name, position, given)
        if len(one) != 1:
            comma = "," if name in ("stride", "padding") else ""
            kinds = f"{'None, ' if name == 'stride' else ''}an int, list of ints{comma} or"
            raise RuntimeError(
                f"max_pool1d() {name} must be {kinds} tuple of ints of size 1 but got size "
                f"{len(one)}"
            )
        (sizes[name],) = one
    kernel, pad = sizes["kernel_size"], sizes["padding"]
    for name in ("kernel_size", "stride"):
        if sizes[name] <= 0:
            raise RuntimeError(
                f"max_pool1d() {name} must be greater than zero, but got {sizes[name]}"
            )
    if pad < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {pad}")
    if pad > kernel // 2:
        raise RuntimeError(
            "max_pool1d() padding should be at most half of kernel size, but got "
            f"padding={pad} and kernel_size={kernel}"
        )
    if sizes["dilation"] <= 0:
        raise RuntimeError(
            f"max_pool1d() dilation must be greater than zero, but got {sizes['dilation']}"
        )
    return tuple(sizes.values())
