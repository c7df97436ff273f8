"""Tensors, and the graph behind them as Python sees it.

From the bottom up: ``modes`` (what a thread has switched on), ``nodes`` (entries of the tape as
Python objects), ``tensor`` (memory, versions, views, and their place on the tape).
"""

from tapegrad._tensor.modes import (
    _enter_no_grad,
    _leave_grad_mode,
    _new_mode,
    _set_anomaly_mode,
    _set_grad_enabled,
    _set_inference_mode,
    get_default_dtype,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    set_default_dtype,
)
from tapegrad._tensor.nodes import (
    Carry,
    Context,
    Node,
    RemovableHandle,
    node_type,
    register_node_caller,
    register_saved_reader,
)
from tapegrad._tensor.tensor import (
    Tensor,
    Version,
    View,
    _count_write,
    attach_method,
    drop_gradients,
    register_array_operator,
    register_operators,
    register_tensor_support,
    register_view_maker,
)

__all__ = [
    "Carry",
    "Context",
    "Node",
    "RemovableHandle",
    "Tensor",
    "Version",
    "View",
    "_count_write",
    "_enter_no_grad",
    "_leave_grad_mode",
    "_new_mode",
    "_set_anomaly_mode",
    "_set_grad_enabled",
    "_set_inference_mode",
    "attach_method",
    "drop_gradients",
    "get_default_dtype",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "node_type",
    "register_array_operator",
    "register_node_caller",
    "register_operators",
    "register_saved_reader",
    "register_tensor_support",
    "register_view_maker",
    "set_default_dtype",
]
