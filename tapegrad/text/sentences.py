"""Sentences as vectors: the mean of what an encoder makes of their tokens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tapegrad import Tensor, empty, nn, no_grad
from tapegrad.nn import functional as F
from tapegrad.text.models import BertModel
from tapegrad.text.tokens import Tokenizer


def mean_pooling(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of the vectors that a mask does not hide.

    ``sum(x * mask, 1) / max(sum(mask, 1), 1e-9)``. Shape: ``(batch, time, n)`` and ``(batch,
    time)`` to ``(batch, n)``.
    """
    weights = mask.to(x.dtype)[:, None]
    return (weights @ x)[:, 0] / weights.sum(-1).clamp(min=1e-9)


class SentenceEncoder(nn.Module):
    """An encoder whose result is one vector a text.

    ``normalize(mean_pooling(bert(tokens), mask))``; ``normalize=False`` leaves the means as they
    are. A cosine similarity of normalised vectors is their product. As a module it maps batches of
    tokens and can be trained. Source: Reimers and Gurevych 2019, https://www.sbert.net
    """

    def __init__(
        self, bert: nn.Module, tokenizer: Tokenizer | None = None, normalize: bool = True
    ) -> None:
        super().__init__()
        self.bert = bert
        self.tokenizer, self.normalize = tokenizer, normalize

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """``(batch, time)``, as a :class:`Tokenizer` gives it, to ``(batch, hidden_size)``."""
        x = self.bert(input_ids, attention_mask, token_type_ids)[0]
        pooled = mean_pooling(x, attention_mask)
        return F.normalize(pooled) if self.normalize else pooled

    @classmethod
    def from_pretrained(
        cls, folder: str | os.PathLike, max_length: int | None = None
    ) -> SentenceEncoder:
        """Read model, tokenizer and settings from a folder, in evaluation mode.

        Raises what :meth:`BertModel.from_pretrained` and :meth:`Tokenizer.from_pretrained` do, and
        ValueError if the folder asks for another vector than the mean.
        """
        place = Path(folder)
        _check_pooling(place / "1_Pooling" / "config.json")
        bert = BertModel.from_pretrained(place, add_pooling_layer=False)
        tokenizer = Tokenizer.from_pretrained(place, max_length)
        encoder = cls(bert, tokenizer, _normalizes(place / "modules.json"))
        encoder.eval()
        return encoder

    def encode(
        self, sentences: str | Sequence[str], batch_size: int = 32, progress: bool | None = None
    ) -> Tensor:
        """The vectors of texts, ``(n, hidden_size)``; of a single text ``(hidden_size)``.

        Computed without history and in evaluation mode, in batches of texts of like length, so that
        little is padded. A bar shows the progress of work that lasts; ``progress`` decides
        otherwise. Raises ValueError without a tokenizer.
        """
        if self.tokenizer is None:
            raise ValueError("this SentenceEncoder has no tokenizer: call it with tokens")
        if isinstance(sentences, str):
            return self.encode([sentences], batch_size, progress)[0]
        encodings = self.tokenizer.encode(sentences)
        # The longest come first: what needs most memory fails at once, and time only gets shorter.
        order = sorted(range(len(encodings)), key=lambda k: -len(encodings[k]))
        starts = range(0, len(order), batch_size)
        result = empty(len(order), self.bert.config.hidden_size)
        with no_grad(), _evaluating(self):
            for start in tqdm(starts, unit="batch", **_bar(progress)):
                chosen = order[start : start + batch_size]
                result[chosen] = self(**self.tokenizer.batch([encodings[k] for k in chosen]))
        return result


def _bar(progress: bool | None) -> dict[str, Any]:
    """By default a bar only where somebody watches, and after two seconds."""
    return {"disable": None, "delay": 2} if progress is None else {"disable": not progress}


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; each part goes back to its own."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _check_pooling(file: Path) -> None:
    if not file.is_file():
        return
    settings = json.loads(file.read_text(encoding="utf-8"))
    modes = [name for name, value in settings.items()
             if name.startswith("pooling_mode") and value]  # fmt: skip
    if modes != ["pooling_mode_mean_tokens"] and settings.get("pooling_mode") != "mean":
        raise ValueError(f"{file} asks for {', '.join(modes) or 'nothing'}, not for the mean")


def _normalizes(file: Path) -> bool:
    """Whether vectors are normalised in the end; they are if nothing is said."""
    if not file.is_file():
        return True
    modules = json.loads(file.read_text(encoding="utf-8"))
    return any(str(module["type"]).endswith("Normalize") for module in modules)
