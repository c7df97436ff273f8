"""Teach MiniLM, a pretrained sentence encoder, to tell kind film reviews from unkind ones.

First a head alone, on vectors that the frozen encoder computes once. From there on, once with
low-rank adapters (LoRA, Hu et al. 2021) and once with all weights: the head comes first, so that
its first, random steps do not spoil what was learned before (Kumar et al. 2022).
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from comparison import Row, count_trained, peak_megabytes, print_table
from harness import Run
from reviews import Split, add_options, find, load_splits

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.finetune import add_lora
from tapegrad.nn import functional as F
from tapegrad.text import SentenceEncoder

BATCH = 16


class Classifier(nn.Module):
    """Scores of both classes, from the mean of the vectors of a sentence's tokens."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.encoder = SentenceEncoder.from_pretrained(weights)
        self.encoder.normalize = False
        self.head = nn.Linear(self.encoder.bert.config.hidden_size, 2)

    def forward(self, **tokens: torch.Tensor) -> torch.Tensor:
        """Tokens of ``(batch, time)`` to ``(batch, 2)``."""
        return self.head(self.encoder(**tokens))


@torch.no_grad()
def accuracy(model: Classifier, split: Split) -> float:
    """Give the share of sentences that are classified as readers did."""
    chosen = model.head(model.encoder.encode(split.texts)).argmax(1)
    return (chosen == torch.tensor(split.labels)).float().mean().item()


def longest(split: Split) -> Split:
    """Give the batch that needs most memory."""
    pairs = sorted(zip(split.texts, split.labels, strict=True), key=lambda pair: -len(pair[0]))
    return Split(*map(list, zip(*pairs[:BATCH], strict=True)))


class HeadTraining:
    """A new head on a frozen encoder, whose vectors are computed once."""

    def __init__(self, model: Classifier, split: Split) -> None:
        model.requires_grad_(False)
        model.head.requires_grad_()
        self.model, self.split = model, split

    def run(self, n_passes: int = 100) -> None:
        """Encode, then fit the head to all vectors at once."""
        vectors, labels = self.model.encoder.encode(self.split.texts), self.split.labels
        optimizer = optim.AdamW(self.model.head.parameters(), lr=1e-2, weight_decay=0.1)
        for _ in range(n_passes):
            optimizer.zero_grad()
            F.cross_entropy(self.model.head(vectors), torch.tensor(labels)).backward()
            optimizer.step()


class FineTuning:
    """Steps on batches of sentences, over whatever wants a gradient."""

    def __init__(self, model: Classifier, split: Split, lr: float) -> None:
        self.model, self.split = model, split
        self.encodings = model.encoder.tokenizer.encode(split.texts)
        wanted = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = optim.AdamW(wanted, lr=lr, weight_decay=0.01)

    def step(self, chosen: Sequence[int]) -> float:
        """Learn from the sentences with these numbers; give the loss."""
        tokens = self.model.encoder.tokenizer.batch([self.encodings[k] for k in chosen])
        labels = torch.tensor([self.split.labels[k] for k in chosen])
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(**tokens), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def run(self, run: Run) -> None:
        """Pass over all sentences, in another order each time; steps grow, then shrink to 0."""
        n_steps = len(self.split.texts) // BATCH
        schedule = optim.lr_scheduler.OneCycleLR(
            self.optimizer, self.optimizer.defaults["lr"], max(run.epochs * n_steps, 1),
            pct_start=0.1, anneal_strategy="linear", cycle_momentum=False,
        )  # fmt: skip
        self.model.train()
        for step in run.steps(run.epochs * n_steps):
            if step % n_steps == 0:
                order = torch.randperm(len(self.split.texts)).tolist()
            start = step % n_steps * BATCH
            run.note(self.step(order[start : start + BATCH]))
            schedule.step()
        self.model.eval()


def with_lora(model: Classifier) -> float:
    """Train low-rank parts of all queries and values, and the head; give the learning rate."""
    add_lora(model, ["*.query", "*.value"], rank=8, alpha=16, except_="head")
    return 2e-3


def with_all(model: Classifier) -> float:
    """Train every weight but the unused pooling layer's; give the learning rate."""
    return 1e-4


WAYS = {"LoRA": with_lora, "all weights": with_all}


def finetuned(
    name: str, prepare: Callable[[Classifier], float], weights: Path, head: nn.Linear,
    splits: tuple[Split, Split], run: Run,
) -> Row:  # fmt: skip
    """Train a fresh encoder under a head that was trained before; measure."""
    train, test = splits

    def build(split: Split) -> FineTuning:
        model = Classifier(weights)
        model.head.load_state_dict(head.state_dict())
        return FineTuning(model, split, prepare(model))

    measured = build(longest(train))
    megabytes = peak_megabytes(lambda: [measured.step(range(BATCH)) for _ in range(2)])
    training = build(train)
    start = time.perf_counter()
    training.run(run)
    seconds = time.perf_counter() - start
    n_trained = count_trained(training.model)
    return Row(name, n_trained, accuracy(training.model, test), seconds, megabytes)


def main() -> None:
    """Train all three ways and compare them on sentences never seen."""
    run = Run("MiniLM on film reviews", epochs=2, add_options=add_options)
    weights, reviews = find(run.chosen)
    train, test = load_splits(reviews, run.chosen.sentences, run.seed)
    torch.manual_seed(run.seed)
    model = Classifier(weights)
    before = accuracy(model, test)
    print(f"{len(train.texts)} sentences to train on, {len(test.texts)} to test on; "
          f"accuracy with an untrained head {before:.4f}")  # fmt: skip

    measured = HeadTraining(Classifier(weights), longest(train))
    megabytes = peak_megabytes(measured.run)
    start = time.perf_counter()
    HeadTraining(model, train).run()
    seconds = time.perf_counter() - start
    rows = [Row("head alone", count_trained(model), accuracy(model, test), seconds, megabytes)]
    for name, prepare in WAYS.items():
        rows.append(finetuned(name, prepare, weights, model.head, (train, test), run))

    print_table(rows)
    run.report("held-out accuracy", before, rows[-1].accuracy)


if __name__ == "__main__":
    main()
