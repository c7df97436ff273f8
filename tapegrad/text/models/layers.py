"""The layers of BERT. Names of parameters are Hugging Face's."""

from __future__ import annotations

from tapegrad import nn
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.text.models.config import ACTIVATIONS, BertConfig


class BertEmbeddings(nn.Module):
    """The sum of what token, place and kind of sentence say, normalised.

    Shape: ``(batch, time)`` of integers to ``(batch, time, hidden_size)``.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, input_ids: Tensor, token_type_ids: Tensor | None, position_ids: Tensor | None
    ) -> Tensor:
        """Look everything up; places count from 0 and the kind is 0 unless given."""
        # What is the same in the whole batch is looked up once, and added to its like first.
        if token_type_ids is None:
            kinds = self.token_type_embeddings.weight[0]
        else:
            kinds = self.token_type_embeddings(token_type_ids)
        if position_ids is None:
            places = self.position_embeddings.weight[: input_ids.shape[1]]
        else:
            places = self.position_embeddings(position_ids)
        return self.dropout(self.LayerNorm(self.word_embeddings(input_ids) + (places + kinds)))


class BertSelfAttention(nn.Module):
    """Attention of each place to all others, in several heads.

    Shape: ``(batch, time, hidden_size)`` to the same. Source: Vaswani et al. 2017.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.n_heads = config.num_attention_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``mask`` is added to the scores of ``(batch, heads, from, to)``."""
        query, key, value = (
            self._heads(project(x)) for project in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(
            query, key, value, mask, dropout_p=self.dropout.p if self.training else 0.0
        )
        return mixed.transpose(1, 2).reshape(x.shape)

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.n_heads, -1).transpose(1, 2)


class BertOutput(nn.Module):
    """The end of a block: an affine map, dropout, what went into the block, a norm."""

    def __init__(self, n_inputs: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(n_inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        """``LayerNorm(dropout(dense(x)) + before)``."""
        return self.LayerNorm(self.dropout(self.dense(x)) + before)


class BertAttention(nn.Module):
    """Self-attention, with its end."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = BertSelfAttention(config)
        self.output = BertOutput(config.hidden_size, config)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``(batch, time, hidden_size)`` to the same."""
        return self.output(self.self(x, mask), x)


class BertIntermediate(nn.Module):
    """The wide half of the feed-forward network."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """``(..., hidden_size)`` to ``(..., intermediate_size)``."""
        return self.activation(self.dense(x))


class BertLayer(nn.Module):
    """Self-attention and a feed-forward network, each added to its input and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = BertAttention(config)
        self.intermediate = BertIntermediate(config)
        self.output = BertOutput(config.intermediate_size, config)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``(batch, time, hidden_size)`` to the same."""
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class BertEncoder(nn.Module):
    """The layers, one after the other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config) for _ in range(config.num_hidden_layers))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``(batch, time, hidden_size)`` to the same."""
        for layer in self.layer:
            x = layer(x, mask)
        return x


class BertPooler(nn.Module):
    """What the first token has become, mapped once more: ``tanh(dense(x[:, 0]))``."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, time, hidden_size)`` to ``(batch, hidden_size)``."""
        return self.dense(x[:, 0]).tanh()
