"""A form that is linear in each of two inputs."""

from __future__ import annotations

import math

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import composite, op, takes_tensors
from tapegrad.ops._out import c_name


def _by_first(first: Tensor, weight: Tensor) -> Tensor:
    """``sum_i first[n, i] weight[o, i, j]``, as ``(n, o, j)``."""
    n_out, n_first, n_second = weight.shape
    columns = weight.permute(1, 0, 2).reshape(n_first, n_out * n_second)
    return (first @ columns).reshape(len(first), n_out, n_second)


def _forms(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    return (_by_first(first, weight) * second.unsqueeze(1)).sum(2, dtype=first.dtype)


def _form_slopes(g, first, second, weight, needs):
    n_out, n_first, n_second = weight.shape
    pairs = (g.unsqueeze(2) * second.unsqueeze(1)).reshape(len(first), n_out * n_second)
    by_first = by_second = by_weight = None
    if needs[0]:
        by_first = pairs @ weight.permute(0, 2, 1).reshape(n_out * n_second, n_first)
    if needs[1]:
        by_second = (g.unsqueeze(2) * _by_first(first, weight)).sum(1)
    if needs[2]:
        by_weight = (first.t() @ pairs).reshape(n_first, n_out, n_second).permute(1, 0, 2)
    return by_first, by_second, by_weight


_bilinear_op = op(
    "bilinear",
    forward=composite(_forms),
    params=("first", "second", "weight"),
    grad_name="TrilinearBackward0",
    inputs=("first", "second", "weight"),
    gradients=lambda g, first, second, weight, needs: _form_slopes(
        g, first, second, weight, needs
    ),
    doc="``sum_ij first[i] weight[o, i, j] second[j]`` for each row and each o.",
)


@takes_tensors
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x1' W x2 + bias`` for each of the matrices W.

    Shape: ``(..., n1)`` and ``(..., n2)``, weight ``(features, n1, n2)``, to ``(..., features)``.
    """
    _check_forms(input1, input2, weight, bias)
    batch = input1.shape[:-1]
    n = math.prod(batch)
    rows = [x.reshape(n, x.shape[-1]) for x in (input1, input2)]
    out = _bilinear_op(*rows, weight).reshape(*batch, weight.shape[0])
    return out if bias is None else out + bias


def _check_forms(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    given = {"input1": input1, "input2": input2, "weight": weight}
    given |= {} if bias is None else {"bias": bias}
    names = {name: c_name(x.dtype) for name, x in given.items()}
    if len({*names.values()}) > 1:
        raise RuntimeError(
            "All tensors must have the same dtype, got "
            + ", ".join(f"{name}: {dtype}" for name, dtype in names.items())
        )
    if input1.ndim != input2.ndim:
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}"
        )
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if a != b:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {dim}: got {a} and {b}"
            )
    for k, one in enumerate((input1, input2), 1):
        if one.size(-1) != weight.size(k):
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {one.shape[-1]} but "
                f"expected {weight.shape[k]}"
            )
    if bias is not None and bias.size(0) != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected "
            f"{weight.shape[0]}"
        )
