"""Why a case misses its target or is slower than PyTorch, and what the limit is: a line a case.

``docs/benchmarks.md`` prints the line of each case that needs it, and says where one is missing.
Limits are a processor's: each kind that was looked into has a file, and what is not in it comes
from another one, which says so.
"""

from benchmarks import machine
from benchmarks.reasons import epyc, xeon, zen3

MISSING = "**no limit is given**"


def reason(name: str) -> str:
    """Return the line of a case, for the processor at hand where there is one."""
    kinds = {"a Zen 4": epyc, "a Zen 3": zen3, "a Xeon": xeon}
    here = "a Xeon"
    if "EPYC" in machine.processor():
        here = "a Zen 4" if machine.has_avx512() else "a Zen 3"
    if name in kinds[here].LIMITS:
        return kinds[here].LIMITS[name]
    return next((f"on {kind}: {lines.LIMITS[name]}" for kind, lines in kinds.items()
                 if name in lines.LIMITS), MISSING)
