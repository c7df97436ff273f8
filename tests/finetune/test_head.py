"""Replacing the layer that tells classes apart."""

import pytest

from .networks import convolutional, mobile, perceptron, text_classifier

PLACES = {convolutional: "fc", mobile: "classifier.1", text_classifier: "classifier",
          perceptron: "5"}


@pytest.mark.parametrize("make", PLACES, ids=lambda make: make.__name__)
def test_place_and_sizes(tapegrad, make):
    """The new head is where the old one was, with its input, bias, dtype and mode."""
    model = make(tapegrad).double().eval()
    old = model.get_submodule(PLACES[make])
    new = tapegrad.finetune.replace_head(model, 7)

    assert model.get_submodule(PLACES[make]) is new and new is not old
    assert (new.in_features, new.out_features) == (old.in_features, 7)
    assert (new.bias is None) == (old.bias is None)
    assert new.weight.dtype == tapegrad.float64 and not new.training


def test_new_head_of_a_frozen_model_is_trained(tapegrad):
    """Freezing first is the usual order."""
    model = convolutional(tapegrad).requires_grad_(False)
    head = tapegrad.finetune.replace_head(model, 3)

    assert [p for p in model.parameters() if p.requires_grad] == list(head.parameters())
    assert model(tapegrad.rand(2, 3, 8, 8)).shape == (2, 3)


def test_names_come_before_places(tapegrad):
    """``fc`` is the head even if a linear layer comes after it."""
    model = convolutional(tapegrad)
    model.projection = tapegrad.nn.Linear(6, 6)

    assert tapegrad.finetune.replace_head(model, 2) is model.fc


def headless(nn):
    """An encoder that ends in a norm."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)


@pytest.mark.parametrize(("make", "text"), [
    (headless, r"after its last Linear, 'layers.0.linear2', comes 'layers.0.norm1'"),
    (lambda nn: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()), "no Linear lies in it"),
    (lambda nn: nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3, affine=False)),
     "after its last Linear, '0', comes '1'"),
    (lambda nn: nn.ModuleDict({"body": nn.Linear(2, 3), "pooler": nn.Linear(3, 3)}),
     "its last Linear, 'pooler', pools"),
    (lambda nn: nn.Linear(2, 3), "no Linear lies in it"),
])
def test_models_without_a_head(tapegrad, make, text):
    """They are refused, with what to do instead."""
    with pytest.raises(ValueError, match=rf"has no head to replace: {text}.*Put one on top of it"):
        tapegrad.finetune.replace_head(make(tapegrad.nn), 2)


@pytest.mark.parametrize(("number", "error"), [
    (0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError), ("2", TypeError)])
def test_numbers_of_classes(tapegrad, number, error):
    """A number of classes is an integer of at least 1, and a bad one changes nothing."""
    model = convolutional(tapegrad)
    head = model.fc
    with pytest.raises(error, match="num_classes must be"):
        tapegrad.finetune.replace_head(model, number)

    assert model.fc is head
