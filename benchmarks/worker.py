"""The process that runs one library: reads requests as JSON lines, answers each with one line.

``{"case": NAME, "seconds": S}`` runs the case for about S seconds and answers
``{"per_run": seconds}``. As in timeit, the garbage collector is off while the clock runs.
"""

import importlib
import json
import platform
import sys
import timeit
from functools import cache
from types import ModuleType

from benchmarks.cases import ALL_CASES


def load(name: str) -> ModuleType:
    """Import the library and keep it to one thread; tapegrad has no more than its BLAS's."""
    library = importlib.import_module(name)
    if hasattr(library, "set_num_threads"):
        library.set_num_threads(1)
    library.manual_seed(0)
    return library


@cache
def prepared(name: str, library: ModuleType) -> timeit.Timer:
    """Return the case's timer; its names are made once."""
    case = ALL_CASES[name]
    return timeit.Timer(case.statement, case.before or "pass", globals=case.names(library))


@cache
def runs_for(name: str, library: ModuleType, seconds: float) -> int:
    """Return how many runs take about ``seconds``; one where each run needs its own preparation."""
    if ALL_CASES[name].before:
        return 1
    runs, taken = prepared(name, library).autorange()
    return max(1, round(runs * seconds / taken))


def measure(name: str, library: ModuleType, seconds: float) -> float:
    """Return the seconds that one run of the case takes."""
    runs = runs_for(name, library, seconds)
    return prepared(name, library).timeit(runs) / runs


def main(library_name: str) -> None:
    """Say who we are, then answer requests until the input ends."""
    library = load(library_name)
    answer = {"version": library.__version__, "python": platform.python_version()}
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        per_run = measure(request["case"], library, request["seconds"])
        print(json.dumps({"per_run": per_run}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
