"""Why a case misses its target or is slower than PyTorch, and what the limit is: a line a case.

``docs/benchmarks.md`` prints the line of each case that needs it, and says where one is missing.
Limits are a processor's: each kind that was looked into has a file, and what is not in it comes
from the first, which says so.
"""

from benchmarks import machine
from benchmarks.reasons import epyc, xeon

MISSING = "**no limit is given**"


def reason(name: str) -> str:
    """Return the line of a case, for the processor at hand where there is one."""
    if "EPYC" not in machine.processor():
        return xeon.LIMITS.get(name, MISSING)
    if name in epyc.LIMITS:
        return epyc.LIMITS[name]
    return f"on a Xeon: {xeon.LIMITS[name]}" if name in xeon.LIMITS else MISSING
