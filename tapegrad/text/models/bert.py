"""BERT, an encoder of text, with the weights that others have trained."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import tapegrad
from tapegrad import nn
from tapegrad._tensor import Tensor
from tapegrad.text.models.config import BertConfig
from tapegrad.text.models.layers import BertEmbeddings, BertEncoder, BertPooler
from tapegrad.text.models.weights import CONFIG, FILES, find_weights, read_weights
from tapegrad.utils._atomic import replaced_file


class Encoded(NamedTuple):
    """What a model makes of a batch of texts.

    ``last_hidden_state`` is ``(batch, time, hidden_size)``, a vector for each token;
    ``pooler_output`` is ``(batch, hidden_size)``, or None for a model without pooling layer.
    """

    last_hidden_state: Tensor
    pooler_output: Tensor | None


class BertModel(nn.Module):
    """A bidirectional encoder of text, with Hugging Face's names of parameters.

    Weights start normal with the standard deviation ``config.initializer_range``, biases at 0.
    ``add_pooling_layer=False`` leaves out what makes ``pooler_output``.
    Source: Devlin et al. 2019; https://huggingface.co/docs/transformers/model_doc/bert
    """

    def __init__(self, config: BertConfig, add_pooling_layer: bool = True) -> None:
        super().__init__()
        self.config = config
        self.embeddings = BertEmbeddings(config)
        self.encoder = BertEncoder(config)
        self.pooler = BertPooler(config) if add_pooling_layer else None
        self.apply(self._draw)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
    ) -> Encoded:
        """Give a vector for each token of ``(batch, time)``.

        ``attention_mask`` is 1 where a token is to be looked at and 0 where it is padding, of shape
        ``(batch, time)``; or ``(batch, from, to)``. The other two have the shape of ``input_ids``.
        Raises ValueError for other shapes and for more tokens than there are positions,
        IndexError for a token that is not in the vocabulary.
        """
        self._check(input_ids, attention_mask)
        x = self.embeddings(input_ids, token_type_ids, position_ids)
        x = self.encoder(x, _as_summand(attention_mask, x.dtype))
        return Encoded(x, None if self.pooler is None else self.pooler(x))

    @classmethod
    def from_pretrained(
        cls, path: str | os.PathLike, add_pooling_layer: bool = True, **changes: Any
    ) -> BertModel:
        """Make a model, in evaluation mode, of a folder as it is published.

        The folder holds ``config.json`` and ``model.safetensors`` or ``pytorch_model.bin``;
        ``path`` may also be the file of weights in it, and is never an address. ``changes`` are
        made to the configuration: ``hidden_dropout_prob=0.0``. A network that has a BERT inside,
        under the name ``bert``, will do.

        Raises FileNotFoundError for a missing file, ValueError for a configuration of something
        else, RuntimeError that lists missing and unexpected names and wrong shapes.
        """
        file = find_weights(path)
        config = replace(BertConfig.from_file(file.with_name(CONFIG)), **changes)
        drawn_so_far = tapegrad.get_rng_state()
        model = cls(config, add_pooling_layer)
        tapegrad.set_rng_state(drawn_so_far)
        state = read_weights(file, "bert.")
        if not add_pooling_layer:
            state = {name: x for name, x in state.items() if not name.startswith("pooler.")}
        try:
            model.load_state_dict(state)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n\tThe weights are those of {file}.") from None
        model.eval()
        return model

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Write ``config.json`` and ``model.safetensors``, which Hugging Face reads too."""
        from tapegrad.utils.safetensors import save_file

        Path(folder).mkdir(parents=True, exist_ok=True)
        save_file(self.state_dict(), Path(folder, FILES[0]), {"format": "pt"})
        with replaced_file(os.path.join(folder, CONFIG)) as file:
            file.write(json.dumps(self.config.to_dict(), indent=2).encode())

    def _check(self, input_ids: Tensor, mask: Tensor | None) -> None:
        shape = tuple(input_ids.shape)
        if len(shape) != 2:
            raise ValueError(f"input_ids should have the shape (batch, time), got {shape}")
        if shape[1] > self.config.max_position_embeddings:
            raise ValueError(
                f"there are {self.config.max_position_embeddings} positions, got {shape[1]} tokens"
            )
        if mask is not None and tuple(mask.shape) not in (shape, (*shape, shape[1])):
            raise ValueError(
                f"Wrong shape for input_ids (shape {shape}) or attention_mask (shape "
                f"{tuple(mask.shape)})"
            )

    def _draw(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, 0.0, self.config.initializer_range)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            nn.init.zeros_(module.weight.data[module.padding_idx])


def _as_summand(mask: Tensor | None, dtype: tapegrad.dtype) -> Tensor | None:
    """The mask as what is added to scores of ``(batch, heads, from, to)``.

    The lowest number instead of minus infinity, as Hugging Face: a text that is all padding gets
    means, not NaN. None if there is nothing to hide.
    """
    if mask is None or bool((mask != 0).all()):
        return None
    mask = mask[:, None, None] if mask.ndim == 2 else mask[:, None]
    return (1.0 - mask.to(dtype)) * tapegrad.finfo(dtype).min


def bert(
    *, weights: str | os.PathLike | None = None, add_pooling_layer: bool = True, **config: Any
) -> BertModel:
    """A :class:`BertModel` with drawn weights, or with those of a file or folder.

    ``config`` holds fields of :class:`BertConfig`, or changes to what the file says.
    """
    if weights is None:
        return BertModel(BertConfig(**config), add_pooling_layer)
    return BertModel.from_pretrained(weights, add_pooling_layer, **config)
