"""Batch norms without running statistics, which mapped functions could not update."""

from __future__ import annotations

from tapegrad.nn import Module
from tapegrad.nn.batchnorm import _BatchNorm


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take the running statistics from every batch norm in a module, which is given back.

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.replace_all_batch_norm_modules_.html
    """
    for module in root.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


__all__ = ["replace_all_batch_norm_modules_"]
