"""Operations: from a call in Python to the kernel, and from there to the tape.

From the bottom up: ``promotion`` (dtypes), ``op`` (declarations and calls), ``public`` (what users
call), ``saved`` (what entries keep), ``recording`` (entries), ``forward`` (the result), ``inplace``
and ``function`` (custom Functions).
"""

from tapegrad._core.forward import composite  # which also tells ops how they run
from tapegrad._core.function import function_outputs, saved_tensors_of, wanted_gradients
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
from tapegrad._core.public import CommonCall, PublicOp, TensorFunction, Undeclared
from tapegrad._core.recording import _register_trace_maker
from tapegrad._core.saved import (
    SavedTensor,
    _count_saved_hooks,
    _register_saved_hooks,
    check_savable,
    raw_saved_tensors_of,
    saved_value,
)

__all__ = [
    "CommonCall",
    "InplaceOp",
    "Op",
    "PublicOp",
    "SavedTensor",
    "TensorFunction",
    "Undeclared",
    "_count_saved_hooks",
    "_register_saved_hooks",
    "_register_trace_maker",
    "become_view",
    "check_savable",
    "composite",
    "enable_fast_calls",
    "function_outputs",
    "geometry_of",
    "promoted_number",
    "raw_saved_tensors_of",
    "refusal_of_write",
    "register_copy_slices",
    "register_explainer",
    "register_out_writer",
    "result_type_number",
    "saved_tensors_of",
    "saved_value",
    "wanted_gradients",
]
