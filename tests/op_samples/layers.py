"""What layers are made of: norms, bags of vectors, bilinear forms, attention."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import Array, Case, apart, classes, coins, fixed, positive, real, turned


def with_options(name: str, **options: Any) -> Callable:
    """Call a function of ``nn.functional`` with keywords that hold arrays."""
    def call(torch: ModuleType, *tensors: Any) -> Any:
        made = {key: torch.tensor(value) if isinstance(value, list) else value
                for key, value in options.items()}
        return getattr(torch.nn.functional, name)(*tensors, **made)
    return call


def weighted_bag(torch: ModuleType, index: Any, weight: Any, factors: Any) -> Any:
    """Sum rows that are multiplied by numbers."""
    return torch.nn.functional.embedding_bag(index, weight, mode="sum", per_sample_weights=factors)


def masked_attention(torch: ModuleType, q: Any, k: Any, v: Any, mask: Any) -> Any:
    """Look only where the mask lets."""
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask)


def attention(q: Any, k: Any, v: Any) -> Any:
    """Weigh values by the softmax of products."""
    scores = np.exp(q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1]))
    return scores / scores.sum(-1, keepdims=True) @ v


def grouped(x: Any, n_groups: int, weight: Any = 1.0, bias: Any = 0.0, eps: float = 1e-5) -> Any:
    """Standardise groups of channels."""
    rows = x.reshape(len(x), n_groups, -1)
    centred = rows - rows.mean(2, keepdims=True)
    normal = centred / np.sqrt((centred ** 2).mean(2, keepdims=True) + eps)
    shape = (-1,) + (1,) * (x.ndim - 2)
    return normal.reshape(x.shape) * np.reshape(weight, shape) + np.reshape(bias, shape)


def mean_of_bags(index: Any, weight: Any) -> Any:
    """Take the mean of each row's vectors."""
    return weight[index].mean(1)


CASES = [
    Case("group_norm", real(2, 4, 3), 2, reference=grouped),
    Case("group_norm", real(2, 4, 3), 2, real(4), real(4), reference=grouped),
    Case("group_norm", turned(real(4, 3)), 1, real(3), eps=1e-2),
    Case("instance_norm", real(2, 3, 4)),
    Case("instance_norm", real(2, 3, 4), fixed(real(3)), fixed(positive(3)), real(3), real(3),
         use_input_stats=False),
    Case("rms_norm", real(3, 4), (4,),
         reference=lambda x, shape: x / np.sqrt((x * x).mean(-1, keepdims=True) + 2.2e-16)),
    Case("rms_norm", real(2, 3, 2), (3, 2), real(3, 2), eps=1e-2),
    Case("local_response_norm", real(2, 5, 3), 3), Case("local_response_norm", real(2, 4, 2, 2), 2),
    Case("bilinear", real(3, 2), real(3, 4), real(2, 2, 4), real(2),
         reference=lambda a, b, w, c: np.einsum("ni,oij,nj->no", a, w, b) + c),
    Case("bilinear", real(2, 3, 2), real(2, 3, 1), real(2, 2, 1)),
    Case("embedding_bag", classes(4, 2, 3), real(4, 2), reference=mean_of_bags),
    *[Case("embedding_bag", classes(4, 6), apart(4, 2), call=with_options(
        "embedding_bag", offsets=[0, 2, 2, 5], mode=mode)) for mode in ("sum", "mean", "max")],
    *[Case("embedding_bag", Array([[1, 1, 2], [2, 2, 2]]), apart(4, 2), call=with_options(
        "embedding_bag", padding_idx=2, mode=mode)) for mode in ("sum", "mean", "max")],
    Case("embedding_bag", classes(4, 6), real(4, 2), call=with_options(
        "embedding_bag", offsets=[0, 2, 6], include_last_offset=True, scale_grad_by_freq=True),
         differentiable=False),
    Case("embedding_bag", classes(4, 2, 3), real(4, 2), real(2, 3), call=weighted_bag,
         reference=lambda index, weight, factors: (weight[index] * factors[..., None]).sum(1)),
    *[Case("scaled_dot_product_attention", *sample, reference=attention) for sample in (
        (real(2, 3, 4), real(2, 5, 4), real(2, 5, 2)),
        (real(1, 2, 3, 4), real(1, 2, 5, 4), real(1, 2, 5, 2)),
        (real(1, 2, 3, 4), real(1, 2, 5, 4), real(1, 2, 5, 4)))],
    Case("scaled_dot_product_attention", real(2, 3, 4), real(2, 3, 4), real(2, 3, 4),
         is_causal=True, scale=0.3),
    Case("scaled_dot_product_attention", real(2, 3, 4), real(2, 5, 4), real(2, 5, 2), coins(3, 5),
         call=masked_attention),
    Case("scaled_dot_product_attention", real(2, 3, 4), real(2, 5, 4), real(2, 5, 2), real(3, 5),
         call=masked_attention),
    Case("linear_cross_entropy", real(3, 2), real(4, 2), classes(4, 3)),
    Case("linear_cross_entropy", real(3, 2), real(4, 2, 2), classes(4, 3, 2)),
]
