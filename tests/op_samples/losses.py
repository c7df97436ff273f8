"""Losses beside the first ones, and distances."""

import math
from typing import Any

import numpy as np

from op_samples._case import Array, Case, apart, between, classes, fixed, positive, real, turned


def signs(*shape: int) -> Array:
    """1 and -1 in turn."""
    return Array(np.where(np.arange(np.prod(shape)) % 3 == 0, -1.0, 1.0).reshape(shape), fixed=True)


def lengths(x: Any, p: float) -> Any:
    """Measure all pairs of rows."""
    first, second = np.triu_indices(len(x), 1)
    return np.linalg.norm(x[first] - x[second], ord=p, axis=1)


def distances(a: Any, b: Any, p: float = 2.0) -> Any:
    """Measure row by row."""
    return np.linalg.norm(a - b + 1e-6, ord=p, axis=-1)


def multi_margin(x: Any, y: Any, p: int = 1, margin: float = 1.0, weight: Any = None) -> Any:
    """Write the sum over classes out."""
    losses = [
        sum(max(0, margin - row[k] + row[j]) ** p for j in range(len(row)) if j != k) / len(row)
        * (1 if weight is None else weight[k])
        for row, k in zip(x, y, strict=True)
    ]
    return np.mean(losses)


def multilabel_margin(x: Any, y: Any) -> Any:
    """Write the sum over pairs out."""
    losses = []
    for row, listed in zip(x, y.tolist(), strict=True):
        right = listed[:listed.index(-1)] if -1 in listed else listed
        wrong = [j for j in range(len(row)) if j not in right]
        losses.append(sum(max(0, 1 - row[k] + row[j]) for k in right for j in wrong) / len(row))
    return np.mean(losses)


def gaussian(x: Any, y: Any, var: Any, full: bool = False) -> Any:
    """Take the logarithm of the density."""
    return np.mean((np.log(var) + (x - y) ** 2 / var) / 2 + full * math.log(2 * math.pi) / 2)




CASES = [
    *[Case("soft_margin_loss", real(3, 4), signs(*shape), reduction=reduction,
           reference=lambda x, y, reduction: (np.log1p(np.exp(-y * x)) if reduction == "none" else
                                              np.log1p(np.exp(-y * x)).sum() if reduction == "sum"
                                              else np.log1p(np.exp(-y * x)).mean()))
      for shape in ((3, 4), (4,)) for reduction in ("mean", "sum", "none")],
    Case("multi_margin_loss", apart(4, 3), classes(3, 4), reference=multi_margin),
    Case("multi_margin_loss", apart(4, 3), classes(3, 4), p=2, margin=0.7, reference=multi_margin),
    Case("multi_margin_loss", apart(4, 3), classes(3, 4), 1, 0.7, fixed(positive(3)),
         reference=multi_margin),
    Case("multi_margin_loss", apart(4, 3), classes(3, 4), reduction="none"),
    Case("multi_margin_loss", apart(3), classes(3), reduction="sum"),
    Case("multilabel_margin_loss", apart(3, 4),
         Array([[0, 2, -1, 1], [3, -1, 0, 0], [-1, 1, 2, 3]]), reference=multilabel_margin),
    Case("multilabel_margin_loss", apart(3, 4), Array([[0, 0, -1, 1], [3, 1, 2, 0], [2, 1, 2, -1]]),
         reference=multilabel_margin),
    Case("multilabel_margin_loss", apart(4), Array([1, 2, -1, 0]), reduction="none"),
    Case("multilabel_soft_margin_loss", real(3, 4), fixed(Array([[0.0, 1, 1, 0]] * 3))),
    Case("margin_ranking_loss", apart(5), between(5), signs(5), 0.1,
         reference=lambda a, b, y, margin: np.maximum(0, -y * (a - b) + margin).mean()),
    Case("hinge_embedding_loss", apart(3, 4), signs(3, 4), 0.7,
         reference=lambda x, y, margin: np.where(y == 1, x, np.maximum(0, margin - x)).mean()),
    Case("cosine_embedding_loss", real(4, 3), real(4, 3), signs(4)),
    Case("triplet_margin_loss", real(4, 3), real(4, 3), real(4, 3),
         reference=lambda a, b, c: np.maximum(0, distances(a, b) - distances(a, c) + 1).mean()),
    Case("triplet_margin_loss", real(4, 3), real(4, 3), real(4, 3), swap=True, p=3),
    Case("triplet_margin_with_distance_loss", real(4, 3), real(4, 3), real(4, 3)),
    *[Case("pdist", sample, p, reference=lengths) for sample in (real(4, 3), turned(real(5, 2)))
      for p in (1.0, 2.0, 3.5)],
    Case("pdist", real(4, 3), float("inf"), reference=lengths), Case("pdist", real(4, 3), 0.5),
    Case("pdist", real(1, 3)), Case("pdist", real(3, 0)), Case("pdist", real(4, 3), 0.0,
                                                               differentiable=False),
    Case("pdist", Array([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]), differentiable=False),
    *[Case("pairwise_distance", real(3, 4), real(4), p=p, reference=distances)
      for p in (1.0, 2.0, 3.0)],
    Case("pairwise_distance", real(3), real(3)),
    Case("kl_div", real(3, 4), positive(3, 4), reduction="batchmean",
         reference=lambda x, y, reduction: (y * (np.log(y) - x)).sum() / len(x)),
    Case("kl_div", real(3, 4), real(4), reduction="sum", log_target=True,
         reference=lambda x, y, reduction, log_target: (np.exp(y) * (y - x)).sum()),
    Case("poisson_nll_loss", real(3, 4), positive(3, 4),
         reference=lambda x, y: (np.exp(x) - y * x).mean()),
    Case("poisson_nll_loss", positive(3, 4), positive(3, 4), log_input=False, full=True),
    Case("gaussian_nll_loss", real(3, 4), real(3, 4), positive(3, 4), reference=gaussian),
    Case("gaussian_nll_loss", real(3, 4), real(3, 4), positive(3), reduction="sum"),
    Case("gaussian_nll_loss", real(3, 4), real(3, 4), positive(3, 1), full=True,
         reference=gaussian),
]
