"""More elements around a tensor: a constant, or what lies inside, mirrored or repeated."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import calls, op, takes_tensors
from tapegrad.ops._dims import number_of, plain_ints
from tapegrad.ops.spatial.axes import CIRCULAR, REFLECT, REPLICATE, add_along, select_along
from tapegrad.ops.spatial.sizes import remembered, scalar_name


def _pairs(pad: tuple) -> list[tuple[int, int]]:
    """(before, behind) for each padded dimension, the last dimension first."""
    return list(zip(pad[::2], pad[1::2], strict=True))


def _padded_shape(shape: tuple, pad: tuple) -> tuple:
    result = list(shape)
    for k in range(len(pad) // 2):
        result[-1 - k] += pad[2 * k] + pad[2 * k + 1]
    return tuple(result)


@remembered
def _constant_plan(shape: tuple, pad: tuple) -> tuple[tuple, list, list]:
    """The shape of the result, and what is cut off the source and the target before the copy."""
    if len(pad) % 2:
        raise RuntimeError(
            f"Length of pad must be even but instead it equals {len(pad)}"
        )
    if len(pad) > 2 * len(shape):
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. "
            f"Pad length is {len(pad)}while the input has {len(shape)}dimensions."     # sic
        )
    result = _padded_shape(shape, pad)
    if min(result, default=0) < 0 or _cuts_too_much(shape, pad):
        raise RuntimeError("narrow(): length must be non-negative.")
    of_source, of_target = [], []
    for k, (before, behind) in enumerate(_pairs(pad), 1):
        dim = len(shape) - k
        if before < 0 or behind < 0:
            of_source.append((dim, max(0, -before), shape[dim] + min(0, behind), 1))
        if before > 0 or behind > 0:
            of_target.append((dim, max(0, before), result[dim] - max(0, behind), 1))
    return result, of_source, of_target


def _constant(input: np.ndarray, pad: tuple, value) -> np.ndarray:
    shape, of_source, of_target = _constant_plan(input.shape, pad)
    result = kernels.empty(shape, input.dtype)
    source, target = input, result
    for cut in of_source:
        source = kernels.sliced(source, *cut)
    for cut in of_target:
        target = kernels.sliced(target, *cut)
    if target is not result:
        kernels.fill(result, value)
    if source.size and target.size:
        kernels.copy_array(target, source)
    return result


constant_pad_op = op(
    "constant_pad_nd",
    forward=_constant,
    params=("input", "pad", "value"),
    input=lambda g, pad: constant_pad_op(g, tuple(-n for n in pad), 0.0),
    doc="A tensor with a constant around it; negative numbers cut off.",
)


@takes_tensors
def constant_pad_nd(input: Tensor, pad, value: float = 0) -> Tensor:
    """Put ``value`` around a tensor.

    ``pad`` names how many come before and behind, the last dimension first; negative numbers cut
    off. Raises RuntimeError where more is cut off than there is.
    """
    return constant_pad_op(input, _ints(pad), number_of(value))


def _cuts_too_much(shape: tuple, pad: tuple) -> bool:
    if min(pad, default=0) >= 0:
        return False
    return any(
        shape[-k] + min(before, 0) + min(behind, 0) < 0
        for k, (before, behind) in enumerate(_pairs(pad), 1)
    )


def _ints(pad) -> tuple[int, ...]:
    if not isinstance(pad, (tuple, list)):
        raise TypeError(
            f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}"
        )
    plain = plain_ints(pad, len(pad))
    if plain is not None:
        return plain
    for k, one in enumerate(pad):
        if not hasattr(one, "__index__") or (k == 0 and isinstance(one, bool)):
            raise TypeError(
                "pad(): argument 'pad' (position 2) must be tuple of ints, but found element of "
                f"type {type(one).__name__} at pos {k}"
            )
    return tuple(map(operator.index, pad))


# ------------------------------------------------------------------------- from inside


def _padding_op(name: str, grad_name: str, mode: int):
    """Pad the last dimensions with elements from inside, and the transpose of that."""

    def forward(input: np.ndarray, pad: tuple) -> np.ndarray:
        for k, (before, behind) in enumerate(_pairs(pad), 1):
            dim = input.ndim - k
            input = select_along(input, dim, input.shape[dim] + before + behind, mode, before)
        return input

    def backward(values: np.ndarray, pad: tuple) -> np.ndarray:
        for k, (before, behind) in enumerate(_pairs(pad), 1):
            dim = values.ndim - k
            values = add_along(values, dim, values.shape[dim] - before - behind, mode, before)
        return values

    back = op(
        f"{name}_backward", forward=backward, values=lambda g, pad: padding(g, pad),
        doc="What each element's copies got, added up.",
    )  # fmt: skip
    padding = op(
        name, forward=forward, grad_name=grad_name, input=lambda g, pad: back(g, pad),
        doc="Elements from inside put around a tensor.",
    )  # fmt: skip
    return padding


_REFLECTION = [
    _padding_op(f"reflection_pad{k}d", f"ReflectionPad{k}DBackward0", REFLECT) for k in (1, 2, 3)
]
_REPLICATION = [
    _padding_op(f"replication_pad{k}d", f"ReplicationPad{k}DBackward0", REPLICATE)
    for k in (1, 2, 3)
]
circular_pad = _padding_op("circular_pad", "CopySlices", CIRCULAR)


def _check_combination(input: Tensor, pad: tuple) -> None:
    if len(pad) in (2, 4, 6) and input.ndim in (len(pad) // 2 + 1, len(pad) // 2 + 2):
        return
    raise NotImplementedError(
        f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.\n"
        "Supported combinations for non-constant padding:\n"
        "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
        "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
        "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
    )


def _check_inside(input: Tensor, pad: tuple, kind: str) -> None:
    n_dims, shape = len(pad) // 2, tuple(input.shape)
    is_batched = input.ndim == n_dims + 2
    if 0 in shape[1 if is_batched else 0 :]:
        raise RuntimeError(
            f"Expected {n_dims + 1}D or {n_dims + 2}D (batch mode) tensor with possibly 0 batch "
            f"size and other non-zero dimensions for input, but got: {list(shape)}"
        )
    if kind == "reflection":
        for k, sides in enumerate(_pairs(pad), 1):
            if max(sides) >= shape[-k]:
                raise RuntimeError(
                    f"Argument #{2 + 2 * k}: Padding size should be less than the corresponding "
                    f"input dimension, but got: padding {sides} at dimension {input.ndim - k} of "
                    f"input {list(shape)}"
                )
    result = _padded_shape(shape, pad)
    if kind == "replication" and max(result[-n_dims:]) > 0:
        negative = next((n for n in result if n < 0), None)
        if negative is not None:
            raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: "
                               f"{list(result)}")
    elif min(result[-n_dims:]) < 1 or _cuts_too_much(shape, pad):
        sizes = [
            " ".join(f"{name}: {n}" for name, n in zip("DHW"[3 - n_dims :], one, strict=True))
            for one in (shape[-n_dims:], result[-n_dims:])
        ]
        given = sizes[0].replace(" W", ", W")
        given += " " if kind == "replication" and n_dims == 2 else ""   # sic
        raise RuntimeError(f"input ({given}) is too small. Calculated output {sizes[1]}")
    if input.dtype.name == "bool":
        raise NotImplementedError(
            f"\"{kind}_pad{n_dims}d\" not implemented for '{scalar_name(input._array)}'"
        )


def _check_circular(input: Tensor, pad: tuple) -> None:
    for k, sides in enumerate(_pairs(pad), 1):
        size = input.shape[-k]
        if max(sides) > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if size + sum(sides) < 0 or (size + sum(min(n, 0) for n in sides)) < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")


@calls("pad", "input", "pad", "mode", "value")
def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Put elements around the last dimensions.

    ``pad`` names how many come before and behind, the last dimension first; negative numbers cut
    off. ``mode`` is "constant" (with ``value``), "reflect" (mirrored without the border),
    "replicate" (the border again) or "circular" (from the other end); the last three take one to
    three dimensions of a tensor with channels.
    """
    sizes = _ints(pad)
    if isinstance(mode, bytes):
        mode = mode.decode()
    if len(sizes) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(sizes) > 2 * input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(sizes)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, sizes, 0 if value is None else float(value))
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    _check_combination(input, sizes)
    if mode == "circular":
        _check_circular(input, sizes)
        if min(sizes) < 0:  # what is cut off is not repeated either
            input = constant_pad_nd(input, tuple(min(n, 0) for n in sizes))
        return circular_pad(input, tuple(max(n, 0) for n in sizes))
    kind, ops = {
        "reflect": ("reflection", _REFLECTION), "replicate": ("replication", _REPLICATION),
    }[mode]  # fmt: skip
    _check_inside(input, sizes, kind)
    return ops[len(sizes) // 2 - 1](input, sizes)


__all__ = ["constant_pad_nd"]
