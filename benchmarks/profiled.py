"""The process that looks at one step of tapegrad from inside: ``profiled CASE [--count]``.

It prints the seconds of each launch, what the system takes and the pages it brings, and the Python
functions that the step enters. With ``--count`` it only runs steps between two marks for callgrind.
"""

import json
import resource
import sys
import time
import timeit
from collections import Counter
from collections.abc import Callable
from types import FrameType

import tapegrad
from benchmarks.callgrind import mark
from benchmarks.case import Case
from benchmarks.cases import ALL_CASES
from tapegrad._kernels import record_launches

N_STEPS = 7
N_SPECIALISED, N_WARM, SECONDS_OF_WARMTH = 12, 50, 2
SECONDS_OF_STEPS = 0.5  # the system's clock ticks in milliseconds


def step_of(case: Case) -> Callable[[], None]:
    """Return one run of the case, after what is to be done before each."""
    timer = timeit.Timer(case.run, case.before or "pass", globals=case.names(tapegrad))
    return lambda: timer.timeit(1)


def warm_up(step: Callable[[], None]) -> None:
    """Run a step until the interpreter has specialised its code, which takes some calls of each."""
    end = time.perf_counter() + SECONDS_OF_WARMTH
    for k in range(N_WARM):
        if k >= N_SPECIALISED and time.perf_counter() > end:
            break
        step()


def launches(step: Callable[[], None]) -> list[tuple[str, float]]:
    """Return the kernel of each launch of a step with its time; the step whose launches took least.

    While launches are noted, each result gets memory of its own.
    """
    logs = []
    for _ in range(N_STEPS):
        with record_launches() as log:
            step()
        logs.append(list(zip(log.kernel_names(), log.seconds, strict=True)))
        del log  # or there would be two steps' buffers
    return min(logs, key=lambda noted: sum(seconds for _, seconds in noted))


def system(step: Callable[[], None]) -> dict[str, float]:
    """Return the seconds that the system takes for a step, and the pages of memory it brings."""
    end, n = time.process_time() + SECONDS_OF_STEPS, 0
    before = resource.getrusage(resource.RUSAGE_SELF)
    while time.process_time() < end:
        step()
        n += 1
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": (after.ru_stime - before.ru_stime) / n,
            "pages": (after.ru_minflt - before.ru_minflt) / n}


def entered(step: Callable[[], None]) -> Counter[str]:
    """Count the Python functions that a step enters, by name."""
    seen: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "tapegrad" in frame.f_code.co_filename:
            seen[getattr(frame.f_code, "co_qualname", frame.f_code.co_name)] += 1

    sys.setprofile(note)
    try:
        step()
    finally:
        sys.setprofile(None)
    return seen


def main(name: str, *flags: str) -> None:
    """Warm up, then look or count."""
    tapegrad.set_num_threads(1)
    tapegrad.manual_seed(0)
    step = step_of(ALL_CASES[name])
    warm_up(step)
    if "--count" in flags:
        mark()
        step()
        mark()
    else:
        print(json.dumps({"system": system(step), "launches": launches(step),
                          "entered": entered(step).most_common()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
