"""A character-level LSTM that learns English from Python's manual, and writes some."""

import math

from harness import Run, english

import tapegrad as torch
from tapegrad import nn, optim

LENGTH, BATCH = 48, 16


class CharacterModel(nn.Module):
    """Embed characters, run an LSTM over them, and score the next one."""

    def __init__(self, n_characters: int, n_hidden: int = 96) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_characters, 32)
        self.lstm = nn.LSTM(32, n_hidden, batch_first=True)
        self.scores = nn.Linear(n_hidden, n_characters)

    def forward(
        self, text: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """``(batch, time)`` to scores ``(batch, time, n_characters)`` and the state after."""
        hidden, state = self.lstm(self.embedding(text), state)
        return self.scores(hidden), state


@torch.no_grad()
def write(model: CharacterModel, alphabet: str, start: str, length: int) -> str:
    """Continue a text, each character drawn from the model's probabilities."""
    text = [alphabet.index(character) for character in start]
    scores, state = model(torch.tensor([text]))
    for _ in range(length):
        text.append(torch.multinomial(scores[0, -1].softmax(0), 1).item())
        scores, state = model(torch.tensor([[text[-1]]]), state)
    return "".join(alphabet[k] for k in text)


def main() -> None:
    """Train, report bits a character on text never seen, and write."""
    run = Run("Character LSTM", epochs=300)
    torch.manual_seed(run.seed)
    text = english(120_000)
    alphabet = "".join(sorted(set(text)))
    data = torch.tensor([alphabet.index(character) for character in text])
    train, test = data[:110_000], data[110_000 : 110_000 + 64 * LENGTH + 1]
    model = CharacterModel(len(alphabet))
    optimizer = optim.Adam(model.parameters(), lr=3e-3)

    def loss_of(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def bits() -> float:
        loss = loss_of(test[:-1].view(64, LENGTH), test[1:].view(64, LENGTH))
        return float(loss) / math.log(2)

    before = bits()
    for _ in run.steps(run.epochs):
        starts = torch.randint(len(train) - LENGTH - 1, (BATCH, 1)) + torch.arange(LENGTH + 1)
        piece = train[starts]
        optimizer.zero_grad()
        loss = loss_of(piece[:, :-1], piece[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        run.note(loss.item())
    print(write(model, alphabet, "the ", 80))
    run.report("bits a character", before, bits())


if __name__ == "__main__":
    main()
