"""Log-softmax over many classes, the rarer of which share small networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.container import ModuleList, Sequential
from tapegrad.nn.linear import Linear
from tapegrad.nn.module import Module


class ASMoutput(NamedTuple):
    """The log-probability of each target, and the loss: minus their mean."""

    output: Tensor
    loss: Tensor


ASMoutput.__name__ = ASMoutput.__qualname__ = "_ASMoutput"  # as PyTorch prints it


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of classes that are sorted by how frequent they are.

    The head scores the classes below the first cutoff and each cluster between two cutoffs; inside
    cluster i a network whose hidden layer has ``in_features // div_value**(i + 1)`` units scores
    its own classes. Shape: ``(batch, in_features)`` and targets ``(batch)``; or without the batch.
    Source: Grave et al. 2017.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        super().__init__()
        _check_cutoffs(list(cutoffs), n_classes)
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for k in range(self.n_clusters):
            n_hidden = int(in_features // div_value ** (k + 1))
            n_own = self.cutoffs[k + 1] - self.cutoffs[k]
            first = Linear(in_features, n_hidden, bias=False, **options)
            self.tail.append(Sequential(first, Linear(n_hidden, n_own, bias=False, **options)))

    def forward(self, input_: Tensor, target_: Tensor) -> ASMoutput:
        """The log-probability of each target, and minus their mean."""
        _check_target(input_, target_)
        if target_.dim() == 0:
            output, loss = self.forward(input_.unsqueeze(0), target_.unsqueeze(0))
            return ASMoutput(output.squeeze(0), loss)
        if target_.numel() and not 0 <= int(target_.min()) <= int(target_.max()) < self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target_.min().item()}, {target_.max().item()}] were found. "
            )
        place, inner = target_.clone(), input_.new_zeros(target_.size(0))
        for k, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows = ((target_ >= low) & (target_ < high)).nonzero().squeeze(1)
            if rows.numel():
                place[rows] = self.shortlist_size + k
                scores = F.log_softmax(self.tail[k](input_.index_select(0, rows)), dim=1)
                chosen = scores.gather(1, (target_[rows] - low).unsqueeze(1)).squeeze(1)
                inner = inner.index_copy(0, rows, chosen)
        head = F.log_softmax(self.head(input_), dim=1)
        output = inner + head.gather(1, place.unsqueeze(1)).squeeze(1)
        return ASMoutput(output, (-output).mean())

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for first, second in map(Module.children, self.tail.children()):
            first.reset_parameters()
            second.reset_parameters()

    def _get_full_log_prob(self, input: Tensor, head_output: Tensor) -> Tensor:
        """The log-probability of every class, from the head's scores."""
        head = F.log_softmax(head_output, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for k, tail in enumerate(self.tail.children()):
            of_cluster = head[:, self.shortlist_size + k].unsqueeze(1)
            parts.append(F.log_softmax(tail(input), dim=1) + of_cluster)
        return tapegrad.cat(parts, 1)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probability of every class. Shape: ``(batch, n_classes)``."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class; clusters are looked into only where the head says so.

        Shape: ``(batch)``.
        """
        head = self.head(input)
        output = tapegrad.argmax(head, dim=1)
        is_rare = output >= self.shortlist_size
        if is_rare.any():
            scores = self._get_full_log_prob(input[is_rare], head[is_rare])
            output[is_rare] = tapegrad.argmax(scores, dim=1)
        return output


def _check_cutoffs(cutoffs: list[int], n_classes: int) -> None:
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    is_good = (
        cutoffs == sorted(set(cutoffs))
        and cutoffs[0] > 0
        and cutoffs[-1] < n_classes
        and all(int(c) == c for c in cutoffs)
    )
    if not is_good:
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
            "order, where each value is between 1 and n_classes-1"
        )


def _check_target(input: Tensor, target: Tensor) -> None:
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and input.size(0) != target.size(0):
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    n = target.dim() + 1
    if input.dim() != n:
        raise RuntimeError(
            f"{n - 1}D target tensor expects {n}D input tensors, but found inputs with size "
            f"{input.size()}"
        )
