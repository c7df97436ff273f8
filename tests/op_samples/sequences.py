"""Recurrent networks; losses of label sequences, beside a sum over all ways to spread them."""

from itertools import product
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from op_samples._case import Array, Case, real


def ctc(torch: ModuleType, scores: Any, *labels: Any, **options: Any) -> Any:
    """Turn scores into log-probabilities, as the gradient presumes."""
    return torch.nn.functional.ctc_loss(scores.log_softmax(-1), *labels, **options)


def collapsed(path: Any, blank: int) -> list:
    """Drop repetitions, then blanks."""
    return [label for k, label in enumerate(path)
            if label != blank and (k == 0 or path[k - 1] != label)]


def ctc_by_paths(scores: Any, targets: Any, times: Any, counts: Any, blank: int = 0,
                 reduction: str = "mean") -> Any:
    """Add the probabilities of every path that collapses to the labels."""
    p = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    losses, rest = [], list(targets.reshape(-1)) if targets.ndim == 1 else None
    for n, (n_times, count) in enumerate(zip(times, counts, strict=True)):
        wanted = ([rest.pop(0) for _ in range(count)] if rest is not None
                  else list(targets[n, :count]))
        total = sum(np.prod([p[t, n, label] for t, label in enumerate(path)])
                    for path in product(range(p.shape[2]), repeat=int(n_times))
                    if collapsed(path, blank) == wanted)
        losses.append(-np.log(total))
    if reduction == "mean":
        return np.mean(np.array(losses) / np.maximum(counts, 1))
    return np.array(losses) if reduction == "none" else np.sum(losses)


def network(torch: ModuleType, kind: str, *tensors: Any, sizes: Any = None,
            bidirectional: bool = False) -> Any:
    """Run a recurrent network on its input, states and weights; every result gets the same node."""
    data, n = tensors[0], 2 if kind == "lstm" else 1
    state = tensors[1 : 1 + n]
    start = (data, torch.tensor(sizes)) if sizes else (data,)
    weights = tensors[1 + n :]
    has_biases = any(weight.dim() == 1 for weight in weights)
    rest = (has_biases, 1, 0.0, False, bidirectional, *(() if sizes else (False,)))
    with catch_warnings():
        simplefilter("ignore", UserWarning)     # PyTorch's, of projections in float32
        results = getattr(torch, kind)(*start, state if n == 2 else state[0], weights, *rest)
    return tuple(result * 1 for result in results)


def single(torch: ModuleType, *tensors: Any) -> Any:
    """Run an LSTM in float32, where its node has another name."""
    return network(torch, "lstm", *[tensor.float() for tensor in tensors])


def recurrent(kind: str, n_gates: int) -> list[Case]:
    """Padded and packed sequences, in one and in both directions, with and without biases."""
    def weights(p: int = 2) -> tuple:
        return real(n_gates * 2, 1), real(n_gates * 2, p)

    def states(n: int, p: int = 2) -> tuple:
        return (real(n, 2, p), real(n, 2, 2)) if kind == "lstm" else (real(n, 2, 2),)

    biases = real(n_gates * 2), real(n_gates * 2)
    cases = [
        ((real(3, 2, 1), *states(1), *weights(), *biases), {}),
        ((real(4, 1), *states(2), *weights(), *weights()),
         {"sizes": [2, 1, 1], "bidirectional": True}),
    ]
    if kind == "lstm":
        cases.append(((real(3, 2, 1), *states(1, 1), *weights(1), real(1, 2)), {}))
    return [Case("recurrent_layer", kind, *inputs,
                 call=network, **options)
            for inputs, options in cases]


_LENGTHS = (Array([5, 4]), Array([3, 2]))

CASES = [
    *recurrent("lstm", 4), *recurrent("gru", 3), *recurrent("rnn_tanh", 1),
    *recurrent("rnn_relu", 1),
    Case("recurrent_lstm_layer", *[Array(np.zeros(shape)) for shape in (
        (2, 1, 1), (1, 1, 1), (1, 1, 1), (4, 1), (4, 1))], call=single, differentiable=False),
    *[Case("ctc_loss", real(5, 2, 4), targets, *_LENGTHS, call=ctc, reference=ctc_by_paths,
           reduction=reduction)
      for targets in (Array([[1, 2, 2], [3, 1, 0]]), Array([1, 2, 2, 3, 1]))
      for reduction in ("mean", "sum", "none")],
    Case("ctc_loss", real(5, 2, 4), Array([[0, 2, 1], [2, 1, 0]]), *_LENGTHS, call=ctc,
         reference=ctc_by_paths, blank=3),
    Case("ctc_loss", real(4, 2, 3), Array([[1, 2], [2, 1]]), Array([4, 3]), Array([0, 1]), call=ctc,
         reference=ctc_by_paths),
    Case("ctc_loss", real(4, 2, 3), Array([[1, 1], [2, 1]]), Array([2, 4]), Array([2, 2]), call=ctc,
         zero_infinity=True, reduction="sum"),
]
