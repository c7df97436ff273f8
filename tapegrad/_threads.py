"""How many threads an operation may use: for large launches, and in the BLAS that NumPy brings.

The BLAS makes some matrix products, and factors matrices. It has threads of its own, whose number
is set through the function that it exports.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels

# How each BLAS spells its pair of functions: OpenBLAS with NumPy's prefix and suffix, with neither,
# MKL, BLIS.
_SPELLINGS = (
    "scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads64_", "openblas_{}_num_threads",
    "MKL_{}_Num_Threads", "bli_thread_{}_num_threads",
)  # fmt: skip


@lru_cache(maxsize=1)
def _blas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The BLAS's getter and setter, looked up below NumPy's own extension; None without any."""
    library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    for spelling in _SPELLINGS:
        verbs = ("Get_Max", "Set") if spelling.startswith("MKL") else ("get", "set")
        try:
            getter, setter = (getattr(library, spelling.format(verb)) for verb in verbs)
        except AttributeError:
            continue
        getter.restype, getter.argtypes = ctypes.c_int, ()
        setter.restype, setter.argtypes = None, (ctypes.c_int,)
        return getter, setter
    return None


def get_num_threads() -> int:
    """The number of threads that an operation may use.

    It is what :func:`set_num_threads` asked for, else the environment's ``OMP_NUM_THREADS``, else
    the number of processors that the process may run on.
    """
    return kernels.thread_count()


def set_num_threads(n: int, /) -> None:
    """Set the number of threads that an operation may use. Raises RuntimeError unless positive.

    It rules large launches and NumPy's BLAS. A BLAS that exports no function for that (Accelerate
    on macOS) stays as it is. Results do not depend on the number, but for what the BLAS makes,
    which may order sums by it: products of matrices of gaps, factorisations, and, where vectors
    are narrow or one thread works alone, large products.
    """
    _check_count("set_num_threads", n)
    kernels.set_thread_count(n)
    blas = _blas()
    if blas:
        blas[1](n)


_interop: list[int] = []


def get_num_interop_threads() -> int:
    """The number set by :func:`set_num_interop_threads`, or that of the processors: without use."""
    return _interop[0] if _interop else os.cpu_count() or 1


def set_num_interop_threads(n: int, /) -> None:
    """Note a number of threads between operations, once. There are no operations in parallel."""
    _check_count("set_num_interop_threads", n)
    if _interop:
        raise RuntimeError(
            "Error: cannot set number of interop threads after parallel work has started or "
            "set_num_interop_threads called"
        )
    _interop.append(n)


def _check_count(function: str, n: Any) -> None:
    if type(n) is not int:
        raise RuntimeError(f"{function} expects an int, but got {type(n).__name__}")
    if n <= 0:
        raise RuntimeError(f"{function} expects a positive integer")


__all__ = [
    "get_num_interop_threads", "get_num_threads", "set_num_interop_threads", "set_num_threads",
]  # fmt: skip
