"""Several processes at one model: there is one, and no group of them can be made."""

from __future__ import annotations

from tapegrad._absent import answer, refusal

is_available = is_initialized = answer(False)
is_nccl_available = is_gloo_available = is_mpi_available = is_ucc_available = answer(False)
is_torchelastic_launched = answer(False)

init_process_group = new_group = refusal(
    RuntimeError, "tapegrad has no process groups: it trains in one process"
)

NO_GROUP = (
    "Default process group has not been initialized, please make sure to call init_process_group."
)
_refused = refusal(ValueError, NO_GROUP)
get_rank = get_world_size = get_backend = barrier = _refused
all_reduce = all_gather = all_gather_object = broadcast = broadcast_object_list = _refused
reduce = reduce_scatter = gather = scatter = send = recv = _refused
destroy_process_group = refusal(AssertionError, "Process group cannot be None")


class ProcessGroup:
    """Processes that train together: a name for annotations, for no group can be made."""


class ReduceOp:
    """How values of several processes are combined: names only."""

    SUM, AVG, PRODUCT, MIN, MAX = "SUM", "AVG", "PRODUCT", "MIN", "MAX"


__all__ = [
    "ProcessGroup", "ReduceOp", "all_gather", "all_gather_object", "all_reduce", "barrier",
    "broadcast", "broadcast_object_list", "destroy_process_group", "gather", "get_backend",
    "get_rank", "get_world_size", "init_process_group", "is_available", "is_gloo_available",
    "is_initialized", "is_mpi_available", "is_nccl_available", "is_torchelastic_launched",
    "is_ucc_available", "new_group", "recv", "reduce", "reduce_scatter", "scatter", "send",
]  # fmt: skip
