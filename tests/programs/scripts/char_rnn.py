"""A recurrent network that learns, letter by letter, how Python's help texts are written."""

import argparse
import math
from pydoc_data.topics import topics

import torch
import torch.nn as nn
from torch.nn import functional as F


class CharRNN(nn.Module):
    def __init__(self, n_chars, hidden_size, n_layers, kind="lstm"):
        super().__init__()
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.encoder = nn.Embedding(n_chars, hidden_size)
        self.rnn = layer(hidden_size, hidden_size, n_layers, batch_first=True)
        self.decoder = nn.Linear(hidden_size, n_chars)
        nn.init.xavier_uniform_(self.decoder.weight)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, x, state=None):
        output, state = self.rnn(self.encoder(x), state)
        return self.decoder(output), state


def text_of_topics(n_characters):
    text = topics["booleans"] + topics["comparisons"]
    return "".join(c for c in text.lower() if c.isascii())[:n_characters]


def batches(data, n_steps, n_sequences, n_batches, generator):
    for _ in range(n_batches):
        starts = torch.randint(0, len(data) - n_steps - 1, (n_sequences,), generator=generator)
        chunk = torch.stack([data[start:start + n_steps + 1] for start in starts.tolist()])
        yield chunk[:, :-1], chunk[:, 1:]


@torch.no_grad()
def sample(model, start, letters, n_characters):
    model.eval()
    x, state, text = torch.tensor([[letters.index(c) for c in start]]), None, start
    for _ in range(n_characters):
        logits, state = model(x, state)
        x = logits[:, -1].argmax(dim=-1, keepdim=True)
        text += letters[x.item()]
    model.train()
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", type=argparse.FileType("r"), default=None)
    parser.add_argument("--kind", choices=["lstm", "gru"], default="lstm")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--lr", type=float, default=1e-2)
    args = parser.parse_args()
    text = args.text.read() if args.text else text_of_topics(8000)
    letters = sorted(set(text))
    data = torch.LongTensor([letters.index(c) for c in text])

    torch.manual_seed(0)
    model = CharRNN(len(letters), 32, 2, args.kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    generator = torch.Generator()
    generator.manual_seed(0)
    for step, (x, y) in enumerate(batches(data, 25, 8, args.steps, generator)):
        logits, _ = model(x)
        loss = F.cross_entropy(logits.reshape(-1, len(letters)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        if step % 10 == 0 or step == args.steps - 1:
            print(f"step {step:3d}  loss {loss.item():.6f}  "
                  f"perplexity {math.exp(loss.item()):.4f}")
    print(repr(sample(model, text[:5], letters, 30)))


if __name__ == "__main__":
    main()
