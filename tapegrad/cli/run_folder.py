"""The folder that ``finetune`` writes and ``predict`` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tapegrad import load, save
from tapegrad.finetune import replace_head
from tapegrad.nn import Module
from tapegrad.utils._atomic import replaced_file
from tapegrad.vision.models import get_model


class RunFolder:
    """Settings and weights of a network that was fine-tuned.

    ``run.json`` holds the settings, ``model.pt`` the weights, ``metrics.json`` and the history's
    files what was reached, ``curves.png`` and ``confusion.png`` the pictures of it,
    ``checkpoints/`` what the training can go on from.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.model_path = self.path / "model.pt"

    @property
    def exists(self) -> bool:
        """Whether a training has begun here."""
        return (self.path / "run.json").is_file()

    @property
    def settings(self) -> dict[str, Any]:
        """What the training was begun with. Raises ValueError where there is none."""
        if not self.exists:
            raise ValueError(f"{self.path} is not a folder that `tapegrad finetune` has written")
        return json.loads((self.path / "run.json").read_text(encoding="utf-8"))

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Replace a file by one with this content."""
        self.path.mkdir(parents=True, exist_ok=True)
        with replaced_file(str(self.path / name)) as file:
            file.write((json.dumps(content, indent=2) + "\n").encode())

    def save_model(self, model: Module) -> None:
        """Replace the weights."""
        save(model.state_dict(), self.model_path)

    def load_model(self) -> Module:
        """The network, ready to predict. Raises ValueError if the training has not ended."""
        settings = self.settings
        if not self.model_path.is_file():
            raise ValueError(f"the training in {self.path} has not ended: --resume goes on with it")
        model = get_model(settings["arch"])
        replace_head(model, len(settings["classes"]))
        model.load_state_dict(load(self.model_path))
        return model.eval()


__all__ = ["RunFolder"]
