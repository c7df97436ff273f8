"""One child of the fuzzer: makes the calls, noting each before it is made."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import resource
import sys
import warnings
import zlib
from types import ModuleType
from typing import Any

import tapegrad
from tests.fuzz.calls import Arguments, callables, tensors_in
from tests.fuzz.scenes import SCENES

SCENE_ROUNDS = 10  # a scene is many functions
MEMORY = 4 * 2**30  # more than any sensible result here, less than what a machine has


class WrongError(Exception):
    """An exception that no input may cause."""


def use(result: Any, torch: ModuleType) -> None:
    """Look at what came out: print it, differentiate it, sum it up."""
    for one in tensors_in(result, torch):
        repr(one)
        if one.numel() < 10_000:
            one.detach().numpy().copy()
            if one.requires_grad:
                with contextlib.suppress(Exception):
                    one.backward(torch.ones_like(one))


def one_call(torch: ModuleType, name: str, function: Any, seed: int) -> bool:
    """Make one call; whether it gave a result."""
    arguments = Arguments(torch, seed)
    try:
        if name in SCENES:
            result = function(torch, arguments)
        else:
            args, keywords = arguments.arguments(name, function)
            result = function(*args, **keywords)
        if isinstance(result, torch.nn.Module):
            result = result(*(arguments.tensor() for _ in range(arguments.random.choice([1, 2]))))
        use(result, torch)
    except SystemError as error:
        raise WrongError(f"{name} {seed}: {error!r}") from error
    except Exception:
        return False
    return True


def times(name: str) -> int:
    """How often one is run in a round."""
    return SCENE_ROUNDS if name in SCENES else 1


def main() -> None:
    """Make the calls from a number on."""
    journal, rounds, seed, start, seconds, only, *show = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    faulthandler.enable()
    warnings.simplefilter("ignore")
    found = {**callables(tapegrad), **SCENES}
    functions = {name: value for name, value in found.items() if only in name}
    calls = [(name, k) for name in functions for k in range(int(rounds) * times(name))]
    results: dict[str, int] = dict.fromkeys(functions, 0)
    with open(journal, "w", encoding="utf-8") as notes:
        print(len(calls), file=notes, flush=True)
        for number, (name, k) in enumerate(calls[int(start):], int(start)):
            print(number, name, k, file=notes, flush=True)
            faulthandler.dump_traceback_later(int(seconds), exit=True)
            number_of_call = zlib.crc32(f"{name} {k} {seed}".encode())
            with contextlib.redirect_stdout(io.StringIO()):
                results[name] += one_call(tapegrad, name, functions[name], number_of_call)
            faulthandler.cancel_dump_traceback_later()
            if number % 500 == 0:
                gc.collect()
    if show:
        for name, count in results.items():
            print(f"{count:4} of {int(rounds) * times(name)} {name}")


if __name__ == "__main__":
    main()
