"""The operations of the first programs: arithmetic, shapes, indexing, layers, losses."""

from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import (
    Array,
    Case,
    apart,
    between,
    classes,
    coins,
    comparing,
    edges,
    fixed,
    pairwise,
    pointwise,
    positive,
    real,
    reducing,
    spread,
    turned,
    unit,
)


def write_slices(torch: ModuleType, x: Any, row: Any) -> Any:
    """Write through views of several kinds."""
    y = x * 1
    y[0] = row
    y.t()[1:3].mul_(2)
    y[1:, ::2].add_(row[:2])
    return y


def write_slices_in_numpy(x: Any, row: Any) -> Any:
    """Do the same to an array."""
    y = x.copy()
    y[0] = row
    y[:, 1:3] *= 2
    y[1:, ::2] += row[:2]
    return y


def write_places(torch: ModuleType, x: Any, values: Any) -> Any:
    """Write at places and under a mask."""
    y = x * 1
    y[torch.tensor([0, 2, 1]), torch.tensor([1, 1, 3])] = values
    y[torch.tensor([True, False, True])] *= values[0]
    return y


def write_places_in_numpy(x: Any, values: Any) -> Any:
    """Do the same to an array."""
    y = x.copy()
    y[[0, 2, 1], [1, 1, 3]] = values
    y[[True, False, True]] *= values[0]
    return y


def view_of_written(torch: ModuleType, x: Any) -> Any:
    """Look through a view at a base that was written after the view was made."""
    y = x * 1
    part = y[1:, ::2]
    y.mul_(2)
    return part


def write_by_strides(torch: ModuleType, x: Any) -> Any:
    """Write through a view by strides, whose gradient is copied back."""
    y = x * 1
    y.as_strided((2, 2), (3, 1), 1).mul_(2)
    return y


CASES = [
    *pairwise("add"), Case("add", real(3), 2.5), Case("add", real(3), real(3), alpha=2),
    *pairwise("sub"), Case("sub", real(3), 2.5), Case("sub", real(3), real(3), alpha=2),
    *pairwise("mul"), Case("mul", real(3), -1.5),
    Case("mul", edges(), edges(), differentiable=False),
    *pairwise("div", real, positive), Case("div", real(3), 4.0),
    Case("div", edges(), 0.0, differentiable=False),
    *pairwise("pow", positive, real), Case("pow", real(3), 3), Case("pow", real(3), 2),
    Case("pow", positive(3), 0.5), Case("pow", positive(3), -1.5), Case("pow", real(3), 0),
    Case("pow", edges(), 2.0, differentiable=False),
    *pairwise("maximum", apart, between), *pairwise("minimum", apart, between),
    *pointwise("neg"), *pointwise("exp"), *pointwise("log", positive), *pointwise("sqrt", positive),
    *pointwise("tanh"), *pointwise("sigmoid"), *pointwise("relu", apart), *pointwise("abs", apart),
    *pointwise("sin"), *pointwise("cos"), *pointwise("erf"),
    *pointwise("clamp", apart, min=-0.4, max=0.7), *pointwise("clamp", apart, min=0.1),
    *pointwise("gelu")[:-1], *pointwise("silu"), *pointwise("elu", apart), *pointwise("softplus"),
    *pointwise("hardtanh", apart), *pointwise("leaky_relu", apart, negative_slope=0.2),
    *pointwise("logsigmoid"), *pointwise("celu", apart, alpha=0.5), *pointwise("mish"),
    *pointwise("hardsigmoid", spread), *pointwise("hardswish", spread),
    *pointwise("threshold", apart, threshold=0.3, value=-2.0),
    *[Case("prelu", apart(2, 3, 2), weight) for weight in (positive(1), positive(3), positive())],
    *pointwise("reciprocal", positive), *pointwise("square"), *pointwise("rsqrt", positive),
    *pointwise("log2", positive), *pointwise("log10", positive), *pointwise("log1p", positive),
    *pointwise("expm1"), *pointwise("tan", unit), *pointwise("atan"), *pointwise("sinh")[:-1],
    *pointwise("cosh")[:-1],
    *pointwise("sign", apart), *pointwise("floor", apart), *pointwise("ceil", apart),
    *pointwise("round", apart), *pointwise("trunc", apart),
    Case("isnan", edges(), differentiable=False), Case("isnan", real(2, 3), differentiable=False),
    Case("rsub", real(3), 2.0), Case("rsub", real(2, 3), 2.0, alpha=3),
    Case("rsub", real(2, 3), real(3), alpha=3),
    Case("remainder", apart(3, 4), unit(4)), Case("remainder", apart(3), -0.7),
    Case("fmod", apart(3, 4), unit(4)), Case("fmod", apart(3), -0.7),
    Case("floor_divide", fixed(apart(3, 4)), fixed(unit(4)), differentiable=False),
    Case("pow", real(3), call=lambda torch, x: 2.5 ** x, reference=lambda x: 2.5 ** x),
    Case("clamp", apart(3, 4), fixed(Array(-0.4)), fixed(Array([0.7, 0.6, 0.5, 0.4]))),
    Case("where", coins(3, 4), real(3, 4), real(4)), Case("where", coins(4), real(3, 1), real()),
    Case("where", coins(0), real(0), real(0)),
    *comparing("eq"), *comparing("ne"), *comparing("lt"), *comparing("le"), *comparing("gt"),
    *comparing("ge"),
    *[Case(name, coins(2, 3), coins(3), differentiable=False)
      for name in ("logical_and", "logical_or", "logical_xor")],
    Case("logical_not", edges(), differentiable=False),
    *[Case(name, classes(99, 2, 3), classes(7, 3), differentiable=False) for name in (
        "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")],
    Case("bitwise_not", classes(99, 4), differentiable=False),
    Case("bitwise_not", coins(4), differentiable=False),
    *reducing("sum"), Case("sum", real(2, 3, 4), dim=(0, 2)), Case("sum", real(0, 3)),
    Case("sum", real(0, 3), dim=0), *reducing("mean"), Case("mean", real(2, 3, 4), dim=(0, 2)),
    Case("mean", real(0), differentiable=False),
    *reducing("amax", apart), *reducing("amin", apart), Case("amax", apart(2, 3, 2), dim=(0, 2)),
    Case("max", apart(3, 4)), Case("min", apart(3, 4)),
    Case("max", apart(3, 4), call=lambda torch, x: torch.max(x, 1).values,
         reference=lambda x: x.max(1)),
    Case("min", apart(3, 4), call=lambda torch, x: torch.min(x, 1).values,
         reference=lambda x: x.min(1)),
    Case("argmax", apart(3, 4), differentiable=False),
    Case("argmax", apart(3, 4), dim=1, differentiable=False),
    *reducing("var", apart)[:4], Case("var", real(3, 4), dim=0, correction=0),
    *reducing("std", apart)[:4], *reducing("prod", positive)[:3],
    Case("prod", Array([2.0, 0.0, 3.0])),
    Case("prod", Array([[2.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), 1),
    Case("logsumexp", real(3, 4), 1), Case("logsumexp", real(3, 4), (0, 1)),
    Case("argmin", apart(3, 4), dim=1, differentiable=False),
    Case("any", coins(2, 4), dim=0, differentiable=False),
    Case("any", coins(4), differentiable=False),
    Case("all", coins(2, 4), dim=0, differentiable=False),
    Case("all", coins(4), differentiable=False),
    Case("count_nonzero", classes(3, 2, 5), differentiable=False),
    Case("hash_tensor", real(3, 4), differentiable=False,
         call=lambda torch, x: torch.hash_tensor(x, 1).view(torch.int64)),
    Case("norm", real(3, 4)), Case("norm", real(3, 4), dim=1), Case("norm", apart(4), p=1),
    *[Case("matmul", a, b) for a, b in [
        (real(3), real(3)), (real(2, 3), real(3)), (real(3), real(3, 2)), (real(2, 3), real(3, 4)),
        (turned(real(2, 3)), turned(real(3, 4))), (real(2, 2, 3), real(3)),
        (real(3), real(2, 3, 2)), (real(2, 2, 3), real(3, 2)), (real(2, 3), real(2, 3, 2)),
        (real(2, 2, 3), real(2, 3, 2)), (real(2, 1, 2, 3), real(3, 3, 2)),
        (real(0, 3), real(3, 2)), (real(2, 0), real(0, 2)), (real(1, 2, 3), real(2, 3, 1))]],
    Case("mm", real(2, 3), real(3, 2)), Case("mm", turned(real(2, 3)), turned(real(3, 2))),
    Case("mm", real(2, 0), real(0, 3)),
    Case("mm", real(40, 70), real(70, 33), differentiable=False),
    Case("bmm", real(2, 2, 3), real(2, 3, 2)), Case("mv", real(2, 3), real(3)),
    Case("dot", real(4), real(4)), Case("dot", real(0), real(0)),
    Case("addmm", real(2), real(2, 3), real(3, 2)),
    Case("addmm", real(2, 2), real(2, 3), real(3, 2)),
    Case("addmm", real(1, 2), real(2, 3), real(3, 2), beta=0.5, alpha=2.0),
    Case("linear", real(2, 3), real(4, 3), real(4)), Case("linear", real(3), real(4, 3)),
    Case("linear", real(2, 2, 3), real(4, 3), real(4)),
    Case("t", real(2, 3)), Case("t", real(3)), Case("transpose", real(2, 3, 4), 0, -1),
    Case("permute", real(2, 3, 4), (2, 0, 1)),
    Case("view", real(2, 3), call=lambda torch, x: x.view(3, 2),
         reference=lambda x: x.reshape(3, 2)),
    Case("reshape", turned(real(2, 3)), (3, 2)), Case("reshape", real(2, 3), (-1,)),
    Case("reshape", turned(real(2, 3)), (2, 1, 3)),
    Case("reshape", real(0, 3), (3, 0)), Case("flatten", real(2, 3, 2), 1),
    Case("squeeze", real(2, 1, 3, 1)), Case("squeeze", real(2, 1), 1),
    Case("squeeze", real(1, 2, 1), (0, 2)), Case("as_strided", real(6), (2, 2), (3, 1), 1),
    Case("unsqueeze", real(2, 3), 1),
    *[Case("expand", sample, shape, call=lambda torch, x, shape: x.expand(shape),
           reference=np.broadcast_to)
      for sample, shape in [(real(2, 1), (3, 2, 4)), (real(), (3,))]],
    Case("select", real(2, 3), 1, -1), Case("select", turned(real(2, 3)), 0, 1),
    *[Case("slice", real(4, 5), at, call=lambda torch, x, at: x[at], reference=lambda x, at: x[at])
      for at in (np.s_[1:3], np.s_[:, ::2], np.s_[..., -2:], np.s_[3:1])],
    Case("unbind", real(2, 3)), Case("unbind", real(2, 3), 1),
    Case("split", real(5, 2), 2), Case("split", real(5, 2), [1, 4]),
    Case("split", real(2, 5), 2, dim=1),
    *[Case("cat", *parts, call=lambda torch, *parts, dim=0: torch.cat(parts, dim), **kwargs)
      for parts, kwargs in [((real(2, 3), real(1, 3)), {}), ((real(2, 1), real(2, 3)), {"dim": -1}),
                            ((real(2), turned(real(2)), real(0)), {}), ((real(2),), {})]],
    *[Case("stack", *parts, call=lambda torch, *parts, dim=0: torch.stack(parts, dim), **kwargs)
      for parts, kwargs in [((real(2, 3), real(2, 3)), {}), ((real(2), real(2)), {"dim": -1})]],
    Case("index", real(4, 3), classes(4, 5), call=lambda torch, x, rows: x[rows]),
    Case("index", real(4, 3), classes(4, 5), classes(3, 5), call=lambda torch, x, *at: x[at]),
    Case("index", real(4, 3), coins(4), call=lambda torch, x, at: x[at]),
    Case("index", real(4, 3), coins(4, 3), call=lambda torch, x, at: x[at]),
    *[Case("index_put", real(4), real(3), Array([0, 2, 3]), accumulate=accumulate,
           call=lambda torch, x, values, at, accumulate: torch.index_put(
               x, (at,), values, accumulate=accumulate)) for accumulate in (False, True)],
    Case("index_put", real(4), real(3), Array([0, 2, 0]), accumulate=True,
         call=lambda torch, x, values, at, accumulate: torch.index_put(
             x, (at,), values, accumulate=accumulate)),
    Case("gather", real(3, 4), 1, classes(4, 3, 2)),
    Case("gather", real(3, 4), 0, classes(3, 2, 4)),
    Case("index_select", real(3, 4), 1, classes(4, 6)),
    Case("masked_fill", real(3, 4), coins(4), 2.5),
    Case("masked_fill", real(3, 4), coins(3, 4), real()),
    Case("embedding", classes(4, 2, 3), real(4, 2)),
    Case("embedding", Array([1, 1, 1]), real(4, 2)),
    *pointwise("clone"),
    Case("contiguous", turned(real(2, 3)), call=lambda torch, x: x.contiguous()),
    Case("diagonal", real(3, 3)), Case("diagonal", real(2, 3), 1),
    Case("as_strided", real(3, 4), call=view_of_written, reference=lambda x: 2 * x[1:, ::2]),
    Case("as_strided", real(6), call=write_by_strides,
         reference=lambda x: x * np.array([1, 2, 2, 1, 2, 2])),
    Case("view_dtype", real(2, 4), differentiable=False, reference=np.copy,
         call=lambda torch, x: x.view(torch.int16).view(x.dtype)),
    Case("view_as", real(6), fixed(real(2, 3)), reference=lambda x, other: x.reshape(2, 3)),
    *[Case("copy_", real(2, 3), source, call=lambda torch, x, y: (x * 1).copy_(y),
           reference=lambda x, y: np.broadcast_to(y, x.shape)) for source in (real(2, 3), real(3))],
    Case("zero_", real(2, 3), call=lambda torch, x: (x * 1).zero_(), reference=np.zeros_like),
    Case("fill_", real(2, 3), call=lambda torch, x: (x * 1).fill_(1.5),
         reference=lambda x: np.full_like(x, 1.5)),
    Case("fill_", real(2, 3), real(), call=lambda torch, x, y: (x * 1).fill_(y),
         reference=lambda x, y: np.full_like(x, y)),
    Case("copy_slices", real(3, 4), real(4), call=write_slices, reference=write_slices_in_numpy),
    Case("index_put_", real(3, 4), real(3), call=write_places, reference=write_places_in_numpy),
    *[Case(name, real(2, 3, 2, 2), reference=np.copy, call=lambda torch, x, name=name:
           getattr(x * 1.0, name)(memory_format=torch.channels_last))
      for name in ("clone", "contiguous", "to")],
    Case("to", real(3), call=lambda torch, x: (x * 1.0).to(torch.float64)),
    Case("to", Array([0.5, -2.0]), call=lambda torch, x: x.to(torch.float16), differentiable=False),
    Case("alias", real(2, 3), call=lambda torch, x: x[...], reference=np.copy),
    *[Case(name, real(3), *bounds, call=lambda torch, x, *bounds, name=name: (
        torch.manual_seed(5), getattr(x * 1, name)(*bounds))[1])
      for name, bounds in (("bernoulli_", ()), ("normal_", ()), ("random_", (3, 50)),
                           ("random_", (9,)), ("random_", ()), ("uniform_", ()))],
    Case("to", Array([1, 2]), call=lambda torch, x: x.to(torch.float64), differentiable=False),
    *[Case(name, *inputs) for name in ("softmax", "log_softmax") for inputs in [
        (real(3, 4), 1), (real(3, 4), 0), (turned(real(3, 4)), -1), (real(2, 3, 2), 1),
        (real(0, 3), 1)]],
    Case("softmax", Array([1000.0, 0.0, -1000.0]), 0, differentiable=False),
    Case("log_softmax", Array([1000.0, 0.0, -1000.0]), 0, differentiable=False),
    Case("nll_loss", real(4, 3), classes(3, 4)),
    Case("nll_loss", real(4, 3), classes(3, 4), fixed(positive(3))),
    Case("nll_loss", real(4, 3), classes(3, 4), reduction="none"),
    Case("nll_loss", real(4, 3), classes(3, 4), reduction="sum"),
    Case("nll_loss", real(4, 3), Array([0, 2, 1, 2]), ignore_index=2),
    Case("nll_loss", real(3), classes(3)), Case("nll_loss", real(2, 3, 4), classes(3, 2, 4)),
    Case("nll_loss", real(2, 3, 4, 2), classes(3, 2, 4, 2), fixed(positive(3))),
    Case("nll_loss", real(2, 3, 4, 2), classes(3, 2, 4, 2), reduction="none"),
    Case("nll_loss", real(2, 3, 2, 2, 2), classes(3, 2, 2, 2, 2), reduction="none"),
    Case("cross_entropy", real(4, 3), classes(3, 4)), Case("cross_entropy", real(4, 3), unit(4, 3)),
    Case("cross_entropy", real(4, 3), classes(3, 4), label_smoothing=0.2),
    *[Case(name, real(3, 2), apart(3, 2), reduction=reduction)
      for name in ("mse_loss", "l1_loss") for reduction in ("mean", "sum", "none")],
    *[Case("binary_cross_entropy_with_logits", real(3, 2), unit(3, 2), reduction=reduction)
      for reduction in ("mean", "sum", "none")],
    Case("binary_cross_entropy_with_logits", real(3, 2), unit(3, 2), pos_weight=None),
    Case("binary_cross_entropy", unit(3, 2), unit(3, 2)),
    Case("smooth_l1_loss", apart(3, 2), real(3, 2), beta=0.5),
    Case("huber_loss", apart(3, 2), real(3, 2), delta=0.5),
    Case("layer_norm", real(3, 4), (4,)), Case("layer_norm", real(3, 4), (4,), real(4), real(4)),
    Case("layer_norm", real(2, 3, 2), (3, 2), real(3, 2), real(3, 2), eps=1e-2),
    Case("batch_norm", real(5, 3), None, None, real(3), real(3), training=True),
    Case("batch_norm", real(5, 3, 2), None, None, training=True, eps=1e-2),
    Case("batch_norm", real(5, 3), fixed(real(3)), fixed(positive(3))),
    Case("dropout", real(4, 5), p=0.4, call=lambda torch, x, p: (
        torch.manual_seed(5), torch.nn.functional.dropout(x, p))[1]),
]
