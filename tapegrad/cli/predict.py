"""``tapegrad predict``: the classes of pictures."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("run", metavar="RUN", help="a folder that finetune has written")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture")
    parser.add_argument("--topk", type=int, default=1, help="classes a picture")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Print a line a picture; those that cannot be read are named, and make the status 1."""
    from tapegrad.cli.pictures import preset
    from tapegrad.cli.run_folder import RunFolder

    folder = RunFolder(options.run)
    settings = folder.settings
    classes = settings["classes"]
    if not 1 <= options.topk <= len(classes):
        raise ValueError(f"--topk must be from 1 to {len(classes)}, the number of classes")
    model, prepare = folder.load_model(), preset(settings["arch"], settings["size"])
    answers = []
    for image in options.images:
        try:
            found = predictions(model, prepare, image, classes, options.topk)
            answers.append({"image": image, "predictions": found})
        except (OSError, SyntaxError) as error:
            answers.append({"image": image, "error": str(error)})
    if options.json:
        print(json.dumps(answers, indent=2))
    else:
        for answer in answers:
            _print(answer)
    return int(any("error" in answer for answer in answers))


def predictions(
    model: Any, prepare: Any, image: str, classes: list[str], n: int
) -> list[dict[str, Any]]:
    """The n most probable classes of a picture."""
    from PIL import Image

    from tapegrad import no_grad, topk

    with Image.open(image) as file:
        picture = file.convert("RGB")
    with no_grad():
        shares = model(prepare(picture).unsqueeze(0)).softmax(1)[0]
    found = zip(*(one.tolist() for one in topk(shares, n)), strict=True)
    return [{"class": classes[k], "probability": share} for share, k in found]


def _print(answer: dict[str, Any]) -> None:
    if "error" in answer:
        text = f"tapegrad predict: {answer['image']} cannot be read: {answer['error']}"
        print(text, file=sys.stderr)
        return
    shown = ", ".join(f"{one['class']} {one['probability']:.1%}" for one in answer["predictions"])
    print(f"{answer['image']}: {shown}")
