"""The small BERT with its weights, its batch, and a folder of it."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tiny_bert import CONFIG, batch, weights


@pytest.fixture
def model(tapegrad: ModuleType) -> Any:
    """Give the small model, in evaluation mode."""
    model = tapegrad.text.models.bert(**CONFIG).eval()
    arrays = weights({name: tuple(x.shape) for name, x in model.state_dict().items()})
    model.load_state_dict({name: tapegrad.from_numpy(array) for name, array in arrays.items()})
    return model


@pytest.fixture
def tokens(tapegrad: ModuleType) -> tuple[Any, Any, Any]:
    """Give tokens, mask and kinds of three texts."""
    return tuple(tapegrad.from_numpy(array) for array in batch())


@pytest.fixture
def sentence_folder(model: Any, tmp_path: Path) -> Path:
    """Give a folder with the model and a vocabulary, as sentence encoders are published."""
    folder = tmp_path / "sentences"
    model.save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{k}" for k in range(45))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    return folder
