"""A small GPT: characters, causal self-attention, residual blocks; it writes when it has learned.

Source: Radford et al. 2019, with layer norm before each sublayer.
"""

from harness import Run, english

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.nn import functional as F

CONTEXT, WIDTH, N_HEADS, N_BLOCKS, BATCH = 48, 64, 4, 2, 12


class Attention(nn.Module):
    """Causal self-attention with several heads."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(batch, time, width)`` to the same."""
        batch, time, _ = x.shape
        heads = self.project(x).view(batch, time, 3, N_HEADS, WIDTH // N_HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.output(mixed.transpose(1, 2).reshape(batch, time, WIDTH))


class Block(nn.Module):
    """Attention and a feed-forward network, each added to what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.feed_forward = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(batch, time, width)`` to the same."""
        x = x + self.attention(self.norm1(x))
        return x + self.feed_forward(self.norm2(x))


class GPT(nn.Module):
    """Scores of the next character at every position."""

    def __init__(self, n_characters: int) -> None:
        super().__init__()
        self.token = nn.Embedding(n_characters, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(N_BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, n_characters, bias=False)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """``(batch, time)`` to ``(batch, time, n_characters)``."""
        places = torch.arange(text.shape[1])
        return self.head(self.norm(self.blocks(self.token(text) + self.position(places))))


@torch.no_grad()
def write(model: GPT, text: torch.Tensor, length: int, temperature: float = 0.8) -> torch.Tensor:
    """Continue ``(1, time)`` by drawing one character after the other."""
    for _ in range(length):
        scores = model(text[:, -CONTEXT:])[:, -1] / temperature
        text = torch.cat([text, torch.multinomial(scores.softmax(dim=-1), 1)], dim=1)
    return text


def main() -> None:
    """Train, report the loss on text never seen, and write."""
    run = Run("Small GPT", epochs=250)
    torch.manual_seed(run.seed)
    text = english(120_000)
    alphabet = "".join(sorted(set(text)))
    data = torch.tensor([alphabet.index(character) for character in text])
    train, test = data[:110_000], data[110_000 : 110_000 + 40 * CONTEXT + 1]
    model = GPT(len(alphabet))
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)

    def loss_of(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def held_out() -> float:
        return loss_of(test[:-1].view(40, CONTEXT), test[1:].view(40, CONTEXT)).item()

    before = held_out()
    for _ in run.steps(run.epochs):
        starts = torch.randint(len(train) - CONTEXT - 1, (BATCH, 1)) + torch.arange(CONTEXT + 1)
        piece = train[starts]
        optimizer.zero_grad()
        loss = loss_of(piece[:, :-1], piece[:, 1:])
        loss.backward()
        optimizer.step()
        run.note(loss.item())
    start = torch.tensor([[alphabet.index(character) for character in "the "]])
    print("".join(alphabet[k] for k in write(model, start, 80)[0].tolist()))
    run.report("held-out cross-entropy", before, held_out())


if __name__ == "__main__":
    main()
