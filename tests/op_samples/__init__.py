"""The one table of sample inputs: a row or more for every op, with what NumPy makes of it.

Each file here that has ``CASES`` belongs to a family of ops; adding one needs nothing else.
"""

from importlib import import_module
from pkgutil import iter_modules

from op_samples._case import STREAM


def _cases_of_all_families() -> list:
    cases = []
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        if not module.name.startswith("_"):
            STREAM.seed(20)  # so that a family's samples do not depend on the others
            cases += import_module(f"{__name__}.{module.name}").CASES
    return cases


CASES = _cases_of_all_families()
