"""Move the classifier of ``train_digits.py`` to digits it has never seen, 7 to 9.

Its body is frozen and only a new head is trained, beside the same head on an untrained body.
"""

import sys

import numpy as np
from digits import Split, load_split, save_curves
from train_digits import CLASSES, EPOCHS, WEIGHTS, Classifier, fit, options, train

import tapegrad as torch
from tapegrad import nn

NEW_CLASSES = range(7, 10)
TARGET = 0.90


def load_trained() -> Classifier:
    """Return the classifier with its saved weights."""
    model = Classifier(len(CLASSES))
    with np.load(WEIGHTS) as saved:
        model.load_state_dict({name: torch.from_numpy(saved[name]) for name in saved.files})
    return model


def body_bytes(model: Classifier) -> list[bytes]:
    """Return the exact contents of the body's parameters."""
    return [parameter.detach().numpy().tobytes() for parameter in model.body.parameters()]


def train_head(model: Classifier, split: Split, epochs: int) -> tuple[list, list]:
    """Freeze the model, replace its head and train that alone."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.eval()
    model.head = nn.Linear(128, len(NEW_CLASSES))
    return fit(model, model.head, split, epochs, lr=0.02)


def main() -> None:
    """Train both heads, compare, and fail if a target is missed."""
    chosen = options("Fine-tune on the digits 7 to 9.", "finetune_digits.png", epochs=30)
    if not WEIGHTS.exists():
        train(EPOCHS, chosen.seed, chosen.plot.with_name("train_digits.png"))
    split = load_split(NEW_CLASSES)

    torch.manual_seed(chosen.seed)
    untrained = Classifier(len(CLASSES))
    _, (*_, yardstick) = train_head(untrained, split, chosen.epochs)

    model = load_trained()
    before = body_bytes(model)
    losses, accuracies = train_head(model, split, chosen.epochs)
    unchanged = body_bytes(model) == before
    reached = accuracies[-1]
    save_curves(chosen.plot, "Digits 7 to 9: a new head on a frozen body", losses, accuracies)

    print(f"held-out accuracy on digits 7 to 9: {reached:.2%} (target {TARGET:.0%})")
    print(f"the same head on an untrained body: {yardstick:.2%}")
    print(f"body bit-identical: {unchanged}; curves in {chosen.plot}")
    if reached < TARGET or reached <= yardstick or not unchanged:
        sys.exit("a target was missed")


if __name__ == "__main__":
    main()
