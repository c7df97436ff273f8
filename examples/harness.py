"""What the examples share: their options, the progress bar, the picture of the curve, text.

Nothing here depends on the library: an example runs on PyTorch once its import lines are changed.
"""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from pydoc_data.topics import topics

from matplotlib.figure import Figure
from tqdm import tqdm

OUTPUT = Path(__file__).parent / "output"


class Run:
    """One run of an example: what the command line asked for, and the losses so far."""

    def __init__(
        self, description: str, epochs: int,
        add_options: Callable[[argparse.ArgumentParser], None] | None = None,
    ) -> None:  # fmt: skip
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--epochs", type=int, default=epochs, help="passes over the data")
        parser.add_argument("--seed", type=int, default=0, help="of weights, batches and data")
        parser.add_argument("--plot", type=Path, help="where to draw the curve of the loss")
        parser.add_argument("--losses", type=Path, help="where to write the loss of each step")
        if add_options is not None:
            add_options(parser)
        self.chosen = chosen = parser.parse_args()
        self.title, self.epochs, self.seed = description, chosen.epochs, chosen.seed
        self.plot, self.file = chosen.plot, chosen.losses
        self.losses: list[float] = []

    def steps(self, n: int) -> Iterator[int]:
        """Count from 0 to ``n``, with a bar that shows the last loss."""
        bar = tqdm(range(n), unit="step", mininterval=0.5)
        for step in bar:
            yield step
            if self.losses:
                bar.set_postfix(loss=f"{self.losses[-1]:.4f}", refresh=False)

    def note(self, loss: float) -> None:
        """Remember the loss of one step."""
        self.losses.append(loss)

    def report(self, measure: str, before: float, after: float) -> None:
        """Print what was learned, and write what was asked for."""
        if self.file is not None:
            self.file.write_text("".join(f"{loss!r}\n" for loss in self.losses), encoding="utf-8")
        if self.plot is not None:
            save_curve(self.plot, self.title, self.losses)
            print(f"curve in {self.plot}")
        print(f"{measure}: {before:.4f} before, {after:.4f} after {len(self.losses)} steps")


def save_curve(path: Path, title: str, losses: list[float]) -> None:
    """Draw the loss of each step, and its running mean."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel="step", ylabel="loss")
    axes.plot(losses, color="tab:blue", alpha=0.3)
    width = max(len(losses) // 50, 1)
    means = [sum(losses[k : k + width]) / width for k in range(len(losses) - width + 1)]
    axes.plot(range(width - 1, len(losses)), means, color="tab:blue")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def english(n_characters: int) -> str:
    """Give the beginning of Python's own manual, in lower case letters and a little punctuation."""
    text = " ".join(topics[name] for name in sorted(topics))
    return re.sub(r"[^a-z .,]+", " ", re.sub(r"\s+", " ", text.lower()))[:n_characters]
