"""Texts as batches of tokens, with a vocabulary of a few words."""

import json
import sys

import numpy as np
import pytest

tokenizers = pytest.importorskip("tokenizers", reason="needs the package tokenizers")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "tape", "is", "long", "##er", "."]


@pytest.fixture
def folder(tmp_path):
    """A folder with a vocabulary."""
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def tokenizer(tapegrad, folder):
    """The tokenizer of that vocabulary."""
    return tapegrad.text.Tokenizer.from_pretrained(folder)


def test_batch(tapegrad, tokenizer):
    """Texts lie side by side, the shorter one padded and hidden."""
    batch = tokenizer(["The tape is longer.", "tape"])

    assert {name: x.tolist() for name, x in batch.items()} == {
        "input_ids": [[2, 5, 6, 7, 8, 9, 10, 3], [2, 6, 3, 0, 0, 0, 0, 0]],
        "attention_mask": [[1] * 8, [1, 1, 1, 0, 0, 0, 0, 0]],
        "token_type_ids": [[0] * 8, [0] * 8],
    }
    assert {x.dtype for x in batch.values()} == {tapegrad.int64}


def test_pairs(tokenizer):
    """The second text of a pair has another kind."""
    batch = tokenizer([("tape", "is long"), ("the", "tape")])

    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]
    assert batch["attention_mask"].sum(1).tolist() == [6, 5]


def test_no_texts(tokenizer):
    """A batch of nothing has its shapes."""
    assert [tuple(x.shape) for x in tokenizer([]).values()] == [(0, 0)] * 3


def test_long_texts_are_cut(tapegrad, folder):
    """At the length that is given, or that one of the settings' files says."""
    def length() -> int:
        tokenizer = tapegrad.text.Tokenizer.from_pretrained(folder)
        return tokenizer(["tape " * 30])["input_ids"].shape[1]

    given = tapegrad.text.Tokenizer.from_pretrained(folder, max_length=5)
    lengths = [given(["tape " * 30])["input_ids"].shape[1], length()]
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))
    lengths += [length()]
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 16}))
    lengths += [length()]
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 12}))
    lengths += [length()]

    assert lengths == [5, 32, 32, 16, 12]


def test_whole_description(tapegrad, tokenizer, folder):
    """``tokenizer.json`` gives the same tokens; its own padding and cutting are not used."""
    own = tokenizers.BertWordPieceTokenizer(str(folder / "vocab.txt"))
    own.enable_padding(length=20)
    own.enable_truncation(4)
    own.save(str(folder / "tokenizer.json"))
    (folder / "vocab.txt").unlink()
    text = ["The tape is longer than long."]
    read = tapegrad.text.Tokenizer.from_pretrained(folder)

    np.testing.assert_array_equal(read(text)["input_ids"].numpy(),
                                  tokenizer(text)["input_ids"].numpy())


def test_case_of_letters(tapegrad, folder):
    """A vocabulary with capitals says so, and its letters stay."""
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))

    cased = tapegrad.text.Tokenizer.from_pretrained(folder)

    assert cased(["The tape"])["input_ids"].tolist() == [[2, WORDS.index("[UNK]"), 6, 3]]


def test_no_vocabulary(tapegrad, tmp_path):
    """What is looked for is said."""
    with pytest.raises(FileNotFoundError, match=r"neither tokenizer\.json nor vocab\.txt in"):
        tapegrad.text.Tokenizer.from_pretrained(tmp_path)


def test_package_is_missing(tapegrad, folder, monkeypatch):
    """Without the package the error says what installs it."""
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(RuntimeError, match=r"pip install tapegrad\[text\]"):
        tapegrad.text.Tokenizer.from_pretrained(folder)
