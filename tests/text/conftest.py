"""The small BERT with its weights, and its batch."""

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
