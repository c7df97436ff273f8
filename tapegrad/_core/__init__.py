"""Operations: from a call in Python to the kernel, and from there to the tape.

From the bottom up: ``promotion`` (dtypes), ``op`` (declarations and calls), ``public`` (what users
call), ``saved`` (what entries keep), ``recording`` (entries), ``forward`` (the result), ``inplace``
and ``function`` (custom Functions).
"""

from tapegrad._core.forward import composite  # which also tells ops how they run
from tapegrad._core.function import (
    is_view_of_function,
    rebase_written,
    record_function,
    saved_tensors_of,
    view_of,
)
from tapegrad._core.inplace import (
    become_view,
    geometry_of,
    refusal_of_write,
    register_copy_slices,
)
from tapegrad._core.op import (
    InplaceOp,
    Op,
    enable_fast_calls,
    register_explainer,
    register_out_writer,
)
from tapegrad._core.promotion import promoted_number, result_type_number
from tapegrad._core.public import PublicOp, TensorFunction, Undeclared
from tapegrad._core.recording import _register_trace_maker
from tapegrad._core.saved import (
    _count_saved_hooks,
    _register_saved_hooks,
    check_savable,
    saved_value,
)

__all__ = [
    "InplaceOp",
    "Op",
    "PublicOp",
    "TensorFunction",
    "Undeclared",
    "_count_saved_hooks",
    "_register_saved_hooks",
    "_register_trace_maker",
    "become_view",
    "check_savable",
    "composite",
    "enable_fast_calls",
    "geometry_of",
    "is_view_of_function",
    "promoted_number",
    "rebase_written",
    "record_function",
    "refusal_of_write",
    "register_copy_slices",
    "register_explainer",
    "register_out_writer",
    "result_type_number",
    "saved_tensors_of",
    "saved_value",
    "view_of",
]
