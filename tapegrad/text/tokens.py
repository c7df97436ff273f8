"""From texts to the numbers of their tokens, by the package ``tokenizers``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tapegrad import Tensor, from_numpy


class Tokenizer:
    """Texts as batches of tokens, padded at the end.

    ``tokenizer`` is one of the package ``tokenizers``, whose own padding is switched off. Texts of
    more than ``max_length`` tokens are cut. Source: https://huggingface.co/docs/tokenizers
    """

    def __init__(self, tokenizer: Any, max_length: int | None = None, pad_id: int = 0) -> None:
        self.tokenizer, self.max_length, self.pad_id = tokenizer, max_length, pad_id
        tokenizer.no_padding()
        if max_length is None:
            tokenizer.no_truncation()
        else:
            tokenizer.enable_truncation(max_length)

    @classmethod
    def from_pretrained(
        cls, folder: str | os.PathLike, max_length: int | None = None
    ) -> Tokenizer:
        """Read ``tokenizer.json`` or, where that is missing, ``vocab.txt``.

        ``max_length`` is what ``sentence_bert_config.json`` or ``tokenizer_config.json`` says
        unless given. Raises FileNotFoundError without a vocabulary, RuntimeError without the
        package.
        """
        place = Path(folder)
        settings = _settings(place / "tokenizer_config.json")
        whole, words = place / "tokenizer.json", place / "vocab.txt"
        if whole.is_file():
            tokenizer = _package().Tokenizer.from_file(os.fspath(whole))
        elif words.is_file():
            lowercase = settings.get("do_lower_case", True)
            tokenizer = _package().BertWordPieceTokenizer(os.fspath(words), lowercase=lowercase)
        else:
            raise FileNotFoundError(f"neither tokenizer.json nor vocab.txt in {place}")
        if max_length is None:
            max_length = _settings(place / "sentence_bert_config.json").get("max_seq_length")
        if max_length is None:
            # "No limit" is written as a number with 30 digits.
            limit = settings.get("model_max_length")
            max_length = limit if isinstance(limit, int) and limit < 2**31 else None
        pad = tokenizer.token_to_id(settings.get("pad_token", "[PAD]"))
        return cls(tokenizer, max_length, pad or 0)

    def __call__(self, texts: Sequence[str | tuple[str, str]]) -> dict[str, Tensor]:
        """Give a batch of texts, or of pairs, as the arguments of a model by name.

        ``input_ids``, ``attention_mask`` and ``token_type_ids``, each ``(batch, time)`` of int64.
        """
        return self.batch(self.encode(texts))

    def encode(self, texts: Sequence[str | tuple[str, str]]) -> list[Any]:
        """Give the package's ``Encoding`` of each text: ``ids``, ``tokens``, ``type_ids``."""
        return self.tokenizer.encode_batch(list(texts))

    def batch(self, encodings: Sequence[Any]) -> dict[str, Tensor]:
        """Put encodings side by side, padded to the longest."""
        shape = len(encodings), max((len(one) for one in encodings), default=0)
        ids = np.full(shape, self.pad_id, np.int64)
        mask, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, one in enumerate(encodings):
            n = len(one)
            ids[row, :n], mask[row, :n], types[row, :n] = one.ids, 1, one.type_ids
        arrays = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return {name: from_numpy(array) for name, array in arrays.items()}


def _settings(path: Path) -> dict[str, Any]:
    """What a file of JSON says; nothing if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _package() -> Any:
    try:
        return import_module("tokenizers")
    except ImportError as error:
        raise RuntimeError(
            "tokens are made by the package tokenizers, which `pip install tapegrad[text]` installs"
        ) from error
