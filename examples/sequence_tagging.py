"""Tag each letter of words of different lengths: packed sequences through a bidirectional LSTM.

The tag of a letter says whether it is a vowel, a consonant before the word's first vowel, or a
later consonant: that takes looking at the whole word. Words come from Python's manual.
"""

from harness import Run, english

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

VOWEL, EARLY, LATE, PADDING = 0, 1, 2, -100


class Tagger(nn.Module):
    """Letters to scores of three tags, with both sides of each letter in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(27, 16)
        self.lstm = nn.LSTM(16, 24, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(48, 3)

    def forward(self, letters: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """``(batch, time)`` and each word's length to ``(batch, time, 3)``."""
        packed = pack_padded_sequence(
            self.embedding(letters), lengths, batch_first=True, enforce_sorted=False
        )
        hidden, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.scores(hidden)


def tags(word: str) -> torch.Tensor:
    """Give the right tags of a word."""
    first = min((k for k, letter in enumerate(word) if letter in "aeiou"), default=len(word))
    return torch.tensor([
        VOWEL if letter in "aeiou" else EARLY if k < first else LATE
        for k, letter in enumerate(word)
    ])


def batch(words: list[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Letters and tags, padded, and the words' lengths."""
    letters = [torch.tensor([ord(letter) - ord("a") + 1 for letter in word]) for word in words]
    return (
        pad_sequence(letters, batch_first=True),
        pad_sequence([tags(word) for word in words], batch_first=True, padding_value=PADDING),
        torch.tensor([len(word) for word in words]),
    )


@torch.no_grad()
def accuracy(model: Tagger, words: list[str]) -> float:
    """Return the share of letters with the right tag."""
    letters, right, lengths = batch(words)
    found = model(letters, lengths).argmax(dim=2) == right
    return found[right != PADDING].float().mean().item()


def main() -> None:
    """Train on 2,000 words; report the accuracy on others."""
    run = Run("Sequence tagging", epochs=3)
    torch.manual_seed(run.seed)
    words = sorted({word for word in english(400_000).split() if word.isalpha()})
    words = [words[k] for k in torch.randperm(len(words)).tolist()]
    train, test = words[:2000], words[2000:2500]
    model = Tagger()
    optimizer = optim.RMSprop(model.parameters(), lr=3e-3)
    before = accuracy(model, test)
    for _ in run.steps(run.epochs):
        for order in torch.randperm(len(train)).split(32):
            letters, right, lengths = batch([train[k] for k in order.tolist()])
            optimizer.zero_grad()
            scores = model(letters, lengths)
            loss = nn.functional.cross_entropy(
                scores.flatten(0, 1), right.flatten(), ignore_index=PADDING
            )
            loss.backward()
            optimizer.step()
            run.note(loss.item())
    run.report("letters tagged right", before, accuracy(model, test))


if __name__ == "__main__":
    main()
