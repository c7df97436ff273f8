"""Adapting pretrained networks: freezing, new heads, learning rates by depth, adapters, features.

Everything works on plain modules and optimizers; nothing here needs a trainer.
"""

from tapegrad.finetune.adapters import add_adapters
from tapegrad.finetune.features import cache_features
from tapegrad.finetune.freezing import freeze, unfreeze
from tapegrad.finetune.gradual import GradualUnfreezing
from tapegrad.finetune.groups import discriminative_lr, layer_groups, param_groups
from tapegrad.finetune.head import replace_head
from tapegrad.finetune.lora import add_lora, merge_lora, unmerge_lora
from tapegrad.finetune.saving import adapter_state_dict, load_adapter
from tapegrad.finetune.summary import Summary, summary

__all__ = [
    "GradualUnfreezing", "Summary", "adapter_state_dict", "add_adapters", "add_lora",
    "cache_features", "discriminative_lr", "freeze", "layer_groups", "load_adapter", "merge_lora",
    "param_groups", "replace_head", "summary", "unfreeze", "unmerge_lora",
]  # fmt: skip
