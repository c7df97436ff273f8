"""The entries of PyTorch's table of optimizers, and what is left out of it."""

from __future__ import annotations

from typing import Any
from warnings import catch_warnings, simplefilter

with catch_warnings():
    simplefilter("ignore")
    from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

LEFT_OUT = {
    "Muon": "not part of the toolkit",
    "SparseAdam": "sparse gradients",
}
# Mistakes that cannot be made without what tapegrad leaves out.
COMPLEX_MISTAKE = "does not support complex parameters"


def entries() -> dict[str, Any]:
    """Give every entry that is compared, by its name."""
    found = {entry.name: entry for entry in optim_db}
    unknown = set(LEFT_OUT) - set(found)
    if unknown:
        raise LookupError(f"left out, but not in PyTorch's table: {sorted(unknown)}")
    return {name: entry for name, entry in sorted(found.items()) if name not in LEFT_OUT}


def options(entry: Any) -> list[dict[str, Any]]:
    """Give the options under which an entry is followed."""
    return [sample.kwargs for sample in entry.optim_inputs_func(device="cpu")]


def mistakes(entry: Any, dtype: Any) -> list[tuple[Any, dict[str, Any], str, bool]]:
    """Give what an entry must refuse: parameters, options, description, and whether in a step."""
    return [
        (mistake.optimizer_error_input.params, mistake.optimizer_error_input.kwargs,
         mistake.optimizer_error_input.desc, mistake.error_on is OptimizerErrorEnum.STEP_ERROR)
        for mistake in entry.optim_error_inputs_func(device="cpu", dtype=dtype)
        if mistake.optimizer_error_input.desc != COMPLEX_MISTAKE
    ]
