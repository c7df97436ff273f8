"""The sizes and settings of an encoder, as ``config.json`` gives them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F

_tanh_gelu = partial(F.gelu, approximate="tanh")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu, "gelu_new": _tanh_gelu, "gelu_pytorch_tanh": _tanh_gelu, "relu": F.relu,
    "silu": F.silu, "swish": F.silu, "tanh": F.tanh,
}  # fmt: skip

# What a file may ask for that this encoder is not.
_FIXED = {
    "model_type": "bert",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
}
_SIZES = (
    "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "max_position_embeddings", "type_vocab_size",
)  # fmt: skip


@dataclass
class BertConfig:
    """Sizes and settings of a :class:`BertModel`, with the names and defaults of Hugging Face.

    Raises ValueError for sizes that are no positive numbers or do not fit each other, for
    probabilities outside 0 to 1 and for an activation that is not known.
    Source: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertConfig
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = 0

    def __post_init__(self) -> None:
        for name in _SIZES:
            size = getattr(self, name)
            if not isinstance(size, int) or size <= 0:
                raise ValueError(f"{name} should be a positive int, got {size!r}")
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} should be between 0 and 1, got {getattr(self, name)}")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"The hidden size ({self.hidden_size}) is not a multiple of the number of "
                f"attention heads ({self.num_attention_heads})"
            )
        if self.hidden_act not in ACTIVATIONS:
            raise ValueError(
                f"hidden_act should be one of {', '.join(ACTIVATIONS)}, got {self.hidden_act!r}"
            )

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> BertConfig:
        """Take what is known; the rest is for other programs.

        Raises ValueError if the settings are those of another network: relative positions, a
        decoder, no BERT.
        """
        for name, value in _FIXED.items():
            if settings.get(name, value) != value:
                raise ValueError(f"{name} should be {value!r}, got {settings[name]!r}")
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in settings.items() if name in names})

    @classmethod
    def from_file(cls, path: str | os.PathLike) -> BertConfig:
        """Read a ``config.json``. Raises ValueError, with the path, for what is none."""
        try:
            settings = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(settings, dict):
                raise ValueError(f"an object was expected, got {settings!r:.40}")
            return cls.from_dict(settings)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """What :meth:`from_dict` reads, and Hugging Face's ``BertConfig``."""
        return {"architectures": ["BertModel"], **_FIXED, **asdict(self)}
