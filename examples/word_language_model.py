"""Predict the next word of Python's manual: a GRU with its input and output weights tied.

Long text is read in pieces, and the hidden state goes on from one to the next, cut off from its
history. Source of the tying: Press and Wolf 2017.
"""

import math
from collections import Counter

from harness import Run, english

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.optim.lr_scheduler import CosineAnnealingLR

BATCH, LENGTH, N_WORDS = 16, 24, 1200


class WordModel(nn.Module):
    """Embedding, two recurrent layers with dropout between, scores by the embedding's weights."""

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.2)
        self.embedding = nn.Embedding(N_WORDS, width)
        self.recurrent = nn.GRU(width, width, num_layers=2, dropout=0.2)
        self.scores = nn.Linear(width, N_WORDS)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.zeros_(self.scores.bias)
        self.scores.weight = self.embedding.weight

    def forward(
        self, words: torch.Tensor, state: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``(time, batch)`` to scores ``(time, batch, n_words)`` and the state after."""
        hidden, state = self.recurrent(self.dropout(self.embedding(words)), state)
        return self.scores(self.dropout(hidden)), state


def columns(text: list[str]) -> torch.Tensor:
    """Number the most frequent words, 0 for all others; lay the text out in BATCH columns."""
    known = {word: k for k, (word, _) in enumerate(Counter(text).most_common(N_WORDS - 1), 1)}
    numbers = torch.tensor([known.get(word, 0) for word in text])
    return numbers[: len(text) // BATCH * BATCH].view(BATCH, -1).t().contiguous()


def pieces(data: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Cut columns into (inputs, targets), a word apart."""
    starts = range(0, len(data) - 1, LENGTH)
    return [(data[k : k + LENGTH][: len(data) - 1 - k], data[k + 1 : k + 1 + LENGTH])
            for k in starts]


def loss_of(
    model: WordModel, piece: tuple[torch.Tensor, torch.Tensor], state: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean loss of a piece and the state after it."""
    scores, state = model(piece[0], state)
    return nn.functional.cross_entropy(scores.flatten(0, 1), piece[1].flatten()), state


@torch.no_grad()
def perplexity(model: WordModel, data: torch.Tensor) -> float:
    """Return how many words the model hesitates between, on average."""
    model.eval()
    total, state = 0.0, None
    for piece in pieces(data):
        loss, state = loss_of(model, piece, state)
        total += loss.item() * len(piece[0])
    model.train()
    return math.exp(total / (len(data) - 1))


def main() -> None:
    """Train, and report the perplexity on text never seen."""
    run = Run("Word language model", epochs=4)
    torch.manual_seed(run.seed)
    text = english(160_000).split()
    data = columns(text)
    train, test = data[: len(data) * 9 // 10], data[len(data) * 9 // 10 :]
    model = WordModel()
    optimizer = optim.AdamW(model.parameters(), lr=4e-3)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.epochs * len(pieces(train)))
    before = perplexity(model, test)
    for _ in run.steps(run.epochs):
        state = None
        for piece in pieces(train):
            optimizer.zero_grad()
            loss, state = loss_of(model, piece, None if state is None else state.detach())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            scheduler.step()
            run.note(loss.item())
    run.report("perplexity", before, perplexity(model, test))


if __name__ == "__main__":
    main()
