"""As :mod:`.written`: the functions of ``torch.nn.functional`` that do more than hand on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from tapegrad._types import int64
from tapegrad.ops._refusal.inner import Inner, Written, by_flag, call


def celu(input, alpha=1.0, inplace=False) -> Inner:
    """In place or not."""
    return call("celu_" if inplace else "celu", input, alpha)


def elu(input, alpha=1.0, inplace=False) -> Inner:
    """In place or not."""
    return call("elu_" if inplace else "elu", input, alpha)


def leaky_relu(input, negative_slope=0.01, inplace=False) -> Inner:
    """In place or not."""
    return call("leaky_relu_" if inplace else "leaky_relu", input, negative_slope)


def _threshold(input, threshold, value, inplace=False) -> Inner:
    """In place or not."""
    return call("threshold_" if inplace else "threshold", input, threshold, value)


def rrelu(input, lower=0.125, upper=1 / 3, training=False, inplace=False) -> Inner:
    """In place or not."""
    return call("rrelu_" if inplace else "rrelu", input, lower, upper, training)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1) -> Inner:
    """Spread the numbers over two dimensions."""
    return call("im2col", input, *map(_pair, (kernel_size, dilation, padding, stride)))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1) -> Inner:
    """Spread the numbers over two dimensions."""
    return call("col2im", input, *map(
        _pair, (output_size, kernel_size, dilation, padding, stride)))


def grouped_mm(mat_a, mat_b, *, offs=None, bias=None, out_dtype=None) -> Inner:
    """Name the options."""
    return call("_grouped_mm", mat_a, mat_b, offs=offs, bias=bias, out_dtype=out_dtype)


def _pair(given: Any) -> tuple:
    return tuple(given) if isinstance(given, Iterable) else (given, given)


def margin_ranking_loss(
    input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"
) -> Inner:
    """Compare the numbers of dimensions first."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return call("margin_ranking_loss", input1, input2, target, margin, 1)


def embedding(
    input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
    sparse=False,
) -> Inner:  # fmt: skip
    """Bound the padding, and shorten rows first."""
    if padding_idx is None:
        padding_idx = -1
    elif (padding_idx > 0 and padding_idx >= weight.size(0)) \
            or (padding_idx < 0 and padding_idx < -weight.size(0)):
        raise AssertionError("Padding_idx must be within num_embeddings")
    if max_norm is not None:
        return call("embedding_renorm_", weight, input, max_norm, norm_type)
    return call("embedding", weight, input, padding_idx, scale_grad_by_freq, sparse)


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean",
    sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None,
) -> Inner | None:  # fmt: skip
    """Find the bags."""
    if weight.dtype is int64 and input.is_floating_point():
        input, weight = weight, input
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        return None     # which PyTorch's function refuses itself, as all that follows
    if weight.dim() != 2 or input.dim() not in (1, 2):
        return None
    is_matrix = input.dim() == 2
    if not is_matrix and offsets is not None:
        offsets.dim()
    if mode not in ("sum", "mean", "max") or is_matrix is (offsets is not None):
        return None
    starts = input if offsets is None else offsets
    if max_norm is not None:
        return call("embedding_renorm_", weight, input, max_norm, norm_type)
    return call("embedding_bag", weight, input, starts, scale_grad_by_freq, 0, sparse,
                per_sample_weights, include_last_offset, padding_idx)


def _max_pool(name: str, called: str) -> Written:
    def pool(
        input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
        return_indices=False,
    ) -> Inner:  # fmt: skip
        if name == "max_pool3d_with_indices":
            input.is_cuda  # noqa: B018 - what is no tensor is refused by having none
        return call(name, input, kernel_size, stride, padding, dilation, ceil_mode)

    pool.__qualname__ = called
    return pool


def _max_unpool(called: str) -> Written:
    def unpool(input, indices, kernel_size, stride=None, padding=0, output_size=None) -> None:
        input.size()

    unpool.__qualname__ = called
    return unpool


def _adaptive_max_pool(name: str, called: str) -> Written:
    def pool(input, output_size, return_indices=False) -> Inner:
        if not name.endswith("1d"):
            output_size = _with_default(output_size, input.size())
        return call(name, input, output_size)

    pool.__qualname__ = called
    return pool


def _adaptive_avg_pool(name: str) -> Written:
    def pool(input, output_size) -> Inner:
        return call(name, input, _with_default(output_size, input.size()))

    pool.__qualname__ = name
    return pool


def _with_default(output_size: Any, size: tuple) -> Any:
    if isinstance(output_size, int):
        return output_size
    if len(size) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    given = zip(output_size, size[-len(output_size):], strict=False)
    return [default if one is None else one for one, default in given]


def batch_norm(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1,
    eps=1e-05,
) -> Inner | None:  # fmt: skip
    """Look at the size while training, and at what is added to the variance."""
    if training:
        input.size()[0]
    if (eps <= 0.0) if training else (eps < 0.0):
        return None     # which PyTorch's function refuses itself, as ours does
    return call("batch_norm", input, weight, bias, running_mean, running_var, training, momentum,
                eps, True)


def glu(input, dim=-1) -> Inner:
    """Refuse scalars."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return call("glu", input, dim)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05) -> Inner:
    """Count the values of a group."""
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    size = [input.size(0) * input.size(1) // num_groups, num_groups, *input.size()[2:]]
    if math.prod([size[0], *size[2:]]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {size}"
        )
    return call("group_norm", input, num_groups, weight, bias, eps)


def _dropping(name: str) -> Written:
    def drop(input, p=0.5, training=True, inplace=False) -> Inner:
        if p < 0.0 or p > 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        return call(name, input, p, training)

    drop.__qualname__ = name
    return drop


def _fractional_max_pool(name: str, called: str) -> Written:
    def pool(
        input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
        _random_samples=None,
    ) -> Inner | None:  # fmt: skip
        if output_size is None:
            return None     # what follows from a ratio is refused by the function itself
        n_dims = int(name[-2])
        if _random_samples is None:
            if input.dim() != n_dims + 1:
                input.size(0)
            input.size(-1 - n_dims)
        samples = input if _random_samples is None else _random_samples
        return call(name, input, kernel_size, output_size, samples)

    pool.__qualname__ = called
    return pool


def _with_indices(make: Callable[[str, str], Written], name: str, position: int) -> Written:
    """A pool that is one function of PyTorch's, or another if it gives places as well."""
    return by_flag("return_indices", position,
                   make(name, f"_{name}"), make(name, f"{name}_with_indices"))


FUNCTIONS: dict[str, Written] = {
    "functional.batch_norm": batch_norm,
    "functional.celu": celu, "functional.embedding": embedding,
    "functional.embedding_bag": embedding_bag,
    "functional.elu": elu, "functional.fold": fold,
    "functional.glu": glu, "functional.group_norm": group_norm,
    "functional.grouped_mm": grouped_mm, "functional.leaky_relu": leaky_relu,
    "functional.margin_ranking_loss": margin_ranking_loss, "functional.rrelu": rrelu,
    "functional.threshold": _threshold, "functional.unfold": unfold,
    **{f"functional.max_pool{n}d": by_flag(
        "return_indices", 6, _max_pool(f"max_pool{n}d", f"_max_pool{n}d"),
        _max_pool(f"max_pool{n}d_with_indices", f"max_pool{n}d_with_indices")) for n in (1, 2, 3)},
    **{f"functional.max_unpool{n}d": _max_unpool(f"max_unpool{n}d") for n in (1, 2, 3)},
    **{f"functional.adaptive_max_pool{n}d":
       _with_indices(_adaptive_max_pool, f"adaptive_max_pool{n}d", 2) for n in (1, 2, 3)},
    **{f"functional.adaptive_max_pool{n}d_with_indices":
       _adaptive_max_pool(f"adaptive_max_pool{n}d", f"adaptive_max_pool{n}d_with_indices")
       for n in (1, 2, 3)},
    **{f"functional.adaptive_avg_pool{n}d": _adaptive_avg_pool(f"adaptive_avg_pool{n}d")
       for n in (2, 3)},
    **{f"functional.{name}": _dropping(name)
       for name in ("dropout", "alpha_dropout", "feature_alpha_dropout")},
    **{f"functional.fractional_max_pool{n}d":
       _with_indices(_fractional_max_pool, f"fractional_max_pool{n}d", 4) for n in (2, 3)},
}  # fmt: skip

__all__ = ["FUNCTIONS"]
