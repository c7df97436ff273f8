"""Kernels: memory in, memory out; they know no tensor and no tape.

From the bottom up: ``geometry`` (shapes and strides), ``memory`` (allocation and overlap),
``kernel`` (families of loops, ``launch`` and its log), ``iteration`` (loops over arrays of any
layout), ``arrays``, ``views``, ``pieces``, ``products`` and ``classes`` (what forward functions
call). The loops themselves are NumPy's and those of ``tapegrad/_c``.
"""

from tapegrad._kernels.arrays import (
    along,
    cast_array,
    contiguous,
    copy_array,
    joined,
    outputs,
    pointwise,
    reduce,
)
from tapegrad._kernels.classes import nll_loss, nll_loss_backward
from tapegrad._kernels.iteration import fill, refuse_overflow
from tapegrad._kernels.kernel import (
    GENERATOR_SIZE,
    OURS,
    TYPE_NAMES,
    Kernel,
    KernelRefusal,
    limit_vectors,
    numpy_kernel,
    set_thread_count,
    thread_count,
)
from tapegrad._kernels.launch_log import LaunchLog, record_launches
from tapegrad._kernels.memory import (
    check_written,
    empty,
    empty_like,
    memory_of,
    strided,
    writable,
)
from tapegrad._kernels.pieces import equal_sizes, join, pieces, slices, stack
from tapegrad._kernels.products import (
    addmm,
    linear,
    matmul,
    mm,
    mm_nt,
    mm_tn,
    mv,
    mv_tn,
    outer,
    refuse_kinds,
)
from tapegrad._kernels.views import (
    broadcast_array,
    can_view,
    expanded,
    permuted,
    reshaped_view,
    selected,
    sliced,
    squeezed,
    swapped,
    transposed,
    unsqueezed,
)

__all__ = [
    "GENERATOR_SIZE",
    "OURS",
    "TYPE_NAMES",
    "Kernel",
    "KernelRefusal",
    "LaunchLog",
    "addmm",
    "along",
    "broadcast_array",
    "can_view",
    "cast_array",
    "check_written",
    "contiguous",
    "copy_array",
    "empty",
    "empty_like",
    "equal_sizes",
    "expanded",
    "fill",
    "join",
    "joined",
    "limit_vectors",
    "linear",
    "matmul",
    "memory_of",
    "mm",
    "mm_nt",
    "mm_tn",
    "mv",
    "mv_tn",
    "nll_loss",
    "nll_loss_backward",
    "numpy_kernel",
    "outer",
    "outputs",
    "permuted",
    "pieces",
    "pointwise",
    "record_launches",
    "reduce",
    "refuse_kinds",
    "refuse_overflow",
    "reshaped_view",
    "selected",
    "set_thread_count",
    "sliced",
    "slices",
    "squeezed",
    "stack",
    "strided",
    "swapped",
    "thread_count",
    "transposed",
    "unsqueezed",
    "writable",
]
