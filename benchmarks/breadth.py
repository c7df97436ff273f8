"""Every operation of PyTorch's own table on a few elements: ``python -m benchmarks.breadth``.

One call of the first sample that has 4 to 400 elements, unrecorded, at one thread, in either
library: what is measured is what stands around a kernel. Operations that PyTorch or tapegrad lacks
under that name are left out. ``--backward`` records the call and takes the gradient of its first
result by its first argument, as training does, of operations that have one.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from statistics import median
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db
from tqdm import tqdm

import tapegrad
from benchmarks.machine import described
from benchmarks.tables import table
from tests.parity.convert import to_ours

FEWEST, MOST = 4, 400       # elements of a sample
SAMPLES = 40                # among which one is looked for
SECONDS, ROUNDS = 2e-3, 5   # of calls a round, of which the quickest counts


def named(library: Any, name: str) -> Any:
    """Return what a library has under a dotted name, or None."""
    found = library
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if callable(found) else None


def sample(entry: Any) -> Any:
    """Return a sample of some elements, the first one if there is none; None without any."""
    first = None
    for one in islice(entry.sample_inputs("cpu", torch.float32), SAMPLES):
        first = first or one
        if isinstance(one.input, torch.Tensor) and FEWEST <= one.input.numel() <= MOST:
            return one
    return first


def seconds(call: Callable[[], Any]) -> float:
    """Return what one call takes, in the quickest of some rounds."""
    for _ in range(3):
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
    n = max(3, min(1000, int(SECONDS / once)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(n):
            call()
        rounds.append((time.perf_counter() - start) / n)
    return min(rounds)


def recorded(library: Any, function: Any, args: tuple, kwargs: dict) -> Callable[[], Any] | None:
    """Return what calls and takes the gradient by the first argument; None without a gradient."""
    if not isinstance(args[0], library.Tensor) or not args[0].is_floating_point():
        return None
    args = (args[0].detach().clone().requires_grad_(), *args[1:])

    def first() -> Any:
        out = function(*args, **kwargs)
        return out[0] if isinstance(out, (tuple, list)) else out

    out = first()
    if not isinstance(out, library.Tensor) or not out.requires_grad:
        return None
    g = library.ones_like(out)
    return lambda: library.autograd.grad(first(), args[0], g)


def plain(library: Any, function: Any, args: tuple, kwargs: dict) -> Callable[[], Any]:
    """Return what calls, unrecorded."""
    return lambda: function(*args, **kwargs)


def measured(
    prepare: Callable[..., Callable[[], Any] | None],
) -> Iterator[tuple[str, float, float]]:
    """Give each operation's name with the seconds of a call in tapegrad and in PyTorch.

    ``prepare`` makes what is timed of a library, a function, its arguments and its options.
    """
    entries = {entry.name: entry for entry in op_db if torch.float32 in entry.dtypes}
    for name, entry in tqdm(entries.items(), unit="operation"):
        ours, theirs = named(tapegrad, name), named(torch, name)
        one = sample(entry) if ours and theirs else None
        if one is None:
            continue
        args, kwargs = (one.input, *one.args), one.kwargs
        try:
            our_args, our_kwargs = to_ours(args), to_ours(kwargs)
            our_call = prepare(tapegrad, ours, our_args, our_kwargs)
            their_call = prepare(torch, theirs, args, kwargs)
            if our_call is None or their_call is None:
                continue
            our_call(), their_call()
        except Exception as error:  # of whatever kind: the sample is not for both
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        yield name, seconds(our_call), seconds(their_call)


def main() -> None:
    """Print a line an operation, the slowest ones beside PyTorch first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.breadth", description=__doc__)
    parser.add_argument("--backward", action="store_true", help="record, and take the gradient")
    parser.add_argument("--worst", type=int, metavar="N", help="list only the N slowest")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    tapegrad.set_num_threads(1)
    torch.set_num_threads(1)
    prepare = recorded if given.backward else plain
    found = sorted(measured(prepare), key=lambda line: line[2] / line[1])
    ratios = [theirs / ours for _, ours, theirs in found]
    print(described({"torch": torch.__version__}), end="\n\n")
    print(table(("a call on a few elements", "tapegrad", "PyTorch", "ratio"), [
        (name, f"{ours * 1e6:.2f} µs", f"{theirs * 1e6:.2f} µs", f"{theirs / ours:.2f}")
        for name, ours, theirs in found[: given.worst]]))
    print(f"\nThe median ratio of {len(ratios)} operations is {median(ratios):.2f}; "
          f"{sum(ratio < 1 for ratio in ratios)} are slower than PyTorch.")


if __name__ == "__main__":
    main()
