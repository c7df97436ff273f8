"""A small BERT against stored numbers of the reference, and what holds for every encoder."""

import json
from pathlib import Path

import numpy as np
import pytest
from support import assert_same
from tiny_bert import CONFIG, loss_of

STORED = json.loads(Path(__file__).with_name("tiny_bert.json").read_text(encoding="utf-8"))


def test_names_and_shapes(model):
    """A state dict has the reference's names, in its order, and its shapes."""
    shapes = {name: list(x.shape) for name, x in model.state_dict().items()}

    assert list(shapes.items()) == list(STORED["shapes"].items())


def test_outputs(model, tokens):
    """A batch with padding and two kinds of sentences gives the stored vectors."""
    hidden, pooled = model(*tokens)

    np.testing.assert_allclose(hidden[:, ::3, :4].tolist(), STORED["hidden"], rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(pooled[:, :6].tolist(), STORED["pooled"], rtol=2e-5, atol=2e-6)


def test_gradients(model, tokens):
    """Every parameter's gradient has the stored length."""
    loss_of(*model(*tokens)).backward()
    lengths = {name: x.grad.norm().item() for name, x in model.named_parameters()}

    assert lengths == pytest.approx(STORED["gradients"], rel=1e-4, abs=1e-5)


def test_positions_and_kinds_by_default(tapegrad, model, tokens):
    """Places count from 0 and the kind is 0, as if they were given."""
    ids, mask, kinds = tokens
    places = tapegrad.arange(ids.shape[1]).expand(ids.shape)
    given = model(ids, mask, tapegrad.zeros_like(kinds), places)

    assert_same(model(ids, mask)[0], given[0], rtol=1e-5, atol=1e-6)


def test_padding_changes_nothing(tapegrad, model, tokens):
    """What is hidden by the mask has no influence on the rest, and gets no gradient from it."""
    ids, mask, _ = tokens
    alone = model(ids[1:2, :5]).last_hidden_state[0]
    padded = model(ids, mask).last_hidden_state[1, :5]
    padded.sum().backward()

    assert_same(padded, alone, rtol=1e-5, atol=1e-6)
    assert model.embeddings.position_embeddings.weight.grad[5:].count_nonzero() == 0


def test_mask_of_pairs(tapegrad, model, tokens):
    """A mask ``(batch, from, to)`` hides what the one ``(batch, time)`` does."""
    ids, mask, kinds = tokens
    pairs = mask[:, None].expand(-1, mask.shape[1], -1)

    assert model(ids, pairs, kinds)[0].equal(model(ids, mask, kinds)[0])
    assert not model(ids, pairs.tril(), kinds)[0].equal(model(ids, mask, kinds)[0])


def test_text_of_padding_alone(tapegrad, model, tokens):
    """A text without any token gives finite numbers, as in the reference."""
    ids, mask, _ = tokens

    assert model(ids, mask * 0).last_hidden_state.isfinite().all()


def test_dropout_is_for_training(tapegrad, model, tokens):
    """Evaluation is repeatable; training drops by the seed, and not where probabilities are 0."""
    still = model(*tokens)[0]
    model.train()
    tapegrad.manual_seed(1)
    first, second = model(*tokens)[0], model(*tokens)[0]
    tapegrad.manual_seed(1)
    again = model(*tokens)[0]
    for module in model.modules():
        if isinstance(module, tapegrad.nn.Dropout):
            module.p = 0.0

    assert first.equal(again)
    assert not first.equal(second)
    assert model(*tokens)[0].equal(still)


def test_frozen_model_records_nothing(tapegrad, model, tokens):
    """Without parameters to train there is no entry on the tape and nothing saved, also with a
    head that is trained on top."""
    model.requires_grad_(False)
    head = tapegrad.nn.Linear(CONFIG["hidden_size"], 2)
    before = tapegrad.autograd.tape_info()
    pooled = model(*tokens).pooler_output
    during = tapegrad.autograd.tape_info()
    head(pooled).sum().backward()

    assert (during.entries, during.saved_bytes) == (before.entries, before.saved_bytes)
    assert not pooled.requires_grad
    assert head.weight.grad.count_nonzero() > 0
    assert all(parameter.grad is None for parameter in model.parameters())


def test_gradient_flows_through_frozen_layers(model, tokens):
    """A part that is trained below frozen layers learns through them."""
    model.requires_grad_(False)
    query = model.encoder.layer[0].attention.self.query.weight.requires_grad_()
    loss_of(*model(*tokens)).backward()

    assert query.grad.norm().item() == pytest.approx(
        STORED["gradients"]["encoder.layer.0.attention.self.query.weight"], rel=1e-4)


def test_without_pooling_layer(tapegrad, model, tokens):
    """The vectors of tokens are the same, and there is no other."""
    other = tapegrad.text.models.bert(add_pooling_layer=False, **CONFIG).eval()
    other.load_state_dict({name: x for name, x in model.state_dict().items()
                           if not name.startswith("pooler.")})

    assert other(*tokens).pooler_output is None
    assert other(*tokens)[0].equal(model(*tokens)[0])


def test_drawn_weights(tapegrad):
    """Weights start normal and narrow, biases and the vector of padding at zero."""
    model = tapegrad.text.models.bert(**CONFIG | {"vocab_size": 5000})
    words = model.embeddings.word_embeddings.weight
    biases = [x for name, x in model.named_parameters() if name.endswith("bias")]

    assert words.std().item() == pytest.approx(0.02, rel=0.02)
    assert words[0].count_nonzero() == 0
    assert all(bias.count_nonzero() == 0 for bias in biases)


@pytest.mark.parametrize(("shape", "mask", "text"), [
    ((8,), None, r"input_ids should have the shape (batch, time), got (8,)"),
    ((1, 13), None, "there are 12 positions, got 13 tokens"),
    ((2, 4), (2, 5), "Wrong shape for input_ids (shape (2, 4)) or attention_mask (shape (2, 5))"),
    ((2, 4), (4,), "Wrong shape for input_ids (shape (2, 4)) or attention_mask (shape (4,))"),
])
def test_wrong_shapes(tapegrad, model, shape, mask, text):
    """What has no meaning is refused, with the shapes."""
    ids = tapegrad.ones(shape, dtype=tapegrad.long)
    with pytest.raises(ValueError) as caught:
        model(ids, None if mask is None else tapegrad.ones(mask))

    assert str(caught.value) == text


def test_token_outside_the_vocabulary(tapegrad, model):
    """A number that no token has raises, as in every embedding."""
    with pytest.raises(IndexError, match="index out of range in self"):
        model(tapegrad.tensor([[1, 50]]))
