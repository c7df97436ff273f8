"""Sentences as vectors, with the small BERT."""

import json

import numpy as np
import pytest
from support import assert_same

pytest.importorskip("tokenizers", reason="needs the package tokenizers")
pytest.importorskip("safetensors", reason="needs the package safetensors")
SENTENCES = [" ".join(f"w{k}" for k in range(n)) for n in (3, 9, 1, 5, 9, 2, 7)]


@pytest.fixture
def encoder(tapegrad, sentence_folder):
    """The encoder of the small folder."""
    return tapegrad.text.SentenceEncoder.from_pretrained(sentence_folder)


def by_hand(torch, model, tokenizer, sentence):
    """The vector of one sentence alone: no padding, a plain mean."""
    batch = tokenizer([sentence])
    mean = model(**batch).last_hidden_state[0].mean(0)
    return (mean / (mean * mean).sum().sqrt()).detach()


def test_vectors(tapegrad, model, encoder):
    """Whatever lies beside it in a batch, a sentence has the vector that it has alone."""
    expected = tapegrad.stack([by_hand(tapegrad, model, encoder.tokenizer, one)
                               for one in SENTENCES])

    for batch_size in (1, 3, 32):
        assert_same(encoder.encode(SENTENCES, batch_size), expected, rtol=1e-4, atol=1e-5)


def test_single_sentence(encoder):
    """A text gives a vector, a list of one gives one row, an empty list gives none."""
    one = encoder.encode(SENTENCES[0])

    assert one.shape == (16,)
    assert encoder.encode(SENTENCES[:1])[0].equal(one)
    assert encoder.encode([]).shape == (0, 16)


def test_pooling_by_formula(tapegrad):
    """The mean over what the mask shows; of nothing it is zero."""
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]])
    expected = (x * mask[..., None]).sum(1) / np.maximum(mask.sum(1), 1)[:, None]
    pooled = tapegrad.text.sentences.mean_pooling(
        tapegrad.from_numpy(x), tapegrad.from_numpy(mask))

    np.testing.assert_allclose(pooled.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_encoding_leaves_no_trace(tapegrad, encoder):
    """No history, and the modes of all parts are those of before: an encoder in training too."""
    encoder.train()
    encoder.bert.embeddings.eval()
    modes = [module.training for module in encoder.modules()]
    vectors = encoder.encode(SENTENCES)
    encoder.eval()

    assert not vectors.requires_grad
    assert encoder.encode(SENTENCES).equal(vectors)
    encoder.train()
    encoder.bert.embeddings.eval()
    assert [module.training for module in encoder.modules()] == modes


def test_training_through_the_encoder(tapegrad, encoder):
    """As a module it is differentiable, and has the weights of its model as its own."""
    vectors = encoder(**encoder.tokenizer(SENTENCES))
    vectors[:, 0].sum().backward()

    assert "bert.encoder.layer.0.attention.self.query.weight" in encoder.state_dict()
    assert encoder.bert.embeddings.word_embeddings.weight.grad.count_nonzero() > 0


def test_progress_is_shown_when_asked(encoder, capsys):
    """A bar counts batches; by default short work shows none."""
    encoder.encode(SENTENCES, batch_size=2)
    silent = capsys.readouterr().err
    encoder.encode(SENTENCES, batch_size=2, progress=True)

    assert silent == ""
    assert "4/4" in capsys.readouterr().err


def test_settings_of_the_folder(tapegrad, sentence_folder):
    """The files beside the model decide on length and normalisation."""
    (sentence_folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 4}))
    (sentence_folder / "modules.json").write_text(json.dumps([{"type": "models.Pooling"}]))
    encoder = tapegrad.text.SentenceEncoder.from_pretrained(sentence_folder)

    assert encoder.tokenizer(SENTENCES)["input_ids"].shape == (7, 4)
    assert not encoder.normalize


def test_other_pooling_is_refused(tapegrad, sentence_folder):
    """A folder that asks for another vector than the mean would give wrong ones."""
    (sentence_folder / "1_Pooling").mkdir()
    (sentence_folder / "1_Pooling" / "config.json").write_text(json.dumps(
        {"word_embedding_dimension": 16, "pooling_mode_cls_token": True,
         "pooling_mode_mean_tokens": False}))
    with pytest.raises(ValueError, match="asks for pooling_mode_cls_token, not for the mean"):
        tapegrad.text.SentenceEncoder.from_pretrained(sentence_folder)


def test_without_tokenizer(tapegrad, model):
    """Texts need one; tokens do not."""
    encoder = tapegrad.text.SentenceEncoder(model)

    assert encoder(tapegrad.tensor([[1, 2]]), tapegrad.ones(1, 2)).shape == (1, 16)
    with pytest.raises(ValueError, match="has no tokenizer"):
        encoder.encode("w1")
