"""Layer groups, and groups for optimizers."""

import pytest

from .networks import convolutional, mobile, perceptron, text_classifier

GROUPS = {
    convolutional: [["conv1", "bn1"], ["layer1.0"], ["layer1.1"], ["layer2.0"], ["layer2.1"],
                    ["fc"]],
    mobile: [["features.0"], ["features.1"], ["features.2", "features.3"], ["classifier"]],
    text_classifier: [["embeddings"], ["encoder.layers.0"], ["encoder.layers.1"], ["classifier"]],
    perceptron: [["0", "2"], ["3"], ["5"]],
}


@pytest.mark.parametrize("make", GROUPS, ids=lambda make: make.__name__)
def test_layer_groups(tapegrad, make):
    """Blocks from input to output, with norms at the block before them."""
    assert tapegrad.finetune.layer_groups(make(tapegrad)) == GROUPS[make]


def test_body_and_head_in_a_row(tapegrad):
    """What lies around lists of blocks is opened."""
    model = tapegrad.nn.Sequential(convolutional(tapegrad), tapegrad.nn.Linear(5, 2))

    assert tapegrad.finetune.layer_groups(model)[-2:] == [["0.fc"], ["1"]]


def test_parameters_of_the_model_itself(tapegrad):
    """A model's own parameter is a group of its own."""
    model = perceptron(tapegrad)
    model.token = tapegrad.nn.Parameter(tapegrad.zeros(3))

    assert tapegrad.finetune.layer_groups(model)[0] == ["token"]


def test_every_parameter_is_in_one_group(tapegrad):
    """The groups together are the model."""
    for make in GROUPS:
        model = make(tapegrad)
        groups = tapegrad.finetune.discriminative_lr(model, 1.0)
        found = [p for group in groups for p in group["params"]]

        assert len(found) == len(set(found)) and set(found) == set(model.parameters())


def test_discriminative_lr(tapegrad):
    """Rates fall by the factor from group to group downwards."""
    model = perceptron(tapegrad)
    groups = tapegrad.finetune.discriminative_lr(model, 0.4, factor=2)

    assert [group["lr"] for group in groups] == [0.1, 0.2, 0.4]
    assert groups[0]["params"] == [model[0].weight, model[0].bias, model[2].weight, model[2].bias]
    assert len(tapegrad.optim.SGD(groups, lr=1.0).param_groups) == 3


def test_given_groups(tapegrad):
    """Patterns from bottom to top take the place of the blocks."""
    model = mobile(tapegrad)
    groups = tapegrad.finetune.discriminative_lr(model, 1.0, 10, groups=["features", "classif*"])

    assert [(group["lr"], len(group["params"])) for group in groups] == [(0.1, 20), (1.0, 1)]


@pytest.mark.parametrize(("arguments", "text"), [
    ({"groups": ["features"]}, "no layer group holds the parameter 'classifier.1.weight'"),
    ({"groups": ["features", "clasifier"]}, "no parameter or module matches 'clasifier'; near"),
    ({"factor": 0}, "factor=0 must be positive"),
])
def test_mistakes_in_groups(tapegrad, arguments, text):
    """Patterns must fit, and cover the model."""
    with pytest.raises(ValueError, match=text):
        tapegrad.finetune.discriminative_lr(mobile(tapegrad), 0.1, **arguments)


def test_negative_rate(tapegrad):
    """A rate is not negative."""
    with pytest.raises(ValueError, match="lr=-1 must not be negative"):
        tapegrad.finetune.discriminative_lr(mobile(tapegrad), -1)


def test_frozen_parameters_are_left_out(tapegrad):
    """Unless they are asked for."""
    finetune, model = tapegrad.finetune, perceptron(tapegrad)
    finetune.freeze(model, "5")

    assert [len(g["params"]) for g in finetune.discriminative_lr(model, 1.0)] == [2]
    assert [len(g["params"]) for g in finetune.param_groups(model, 0.1)] == [1, 1]
    assert [len(g["params"]) for g in finetune.discriminative_lr(model, 1.0, include_frozen=True)] \
        == [4, 2, 2]


def names(model, group):
    return {name for name, p in model.named_parameters() if p in set(group["params"])}


def test_biases_and_norms_do_not_decay(tapegrad):
    """Weights decay, biases and the weights of normalising layers do not."""
    model = convolutional(tapegrad)
    decayed, kept = tapegrad.finetune.param_groups(model, 0.05)

    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.05, 0.0)
    assert all("bn" not in name and not name.endswith(("bias", "downsample.1.weight"))
               for name in names(model, decayed))
    assert {"bn1.weight", "fc.bias"} < names(model, kept)


def test_norms_of_matrices_do_not_decay(tapegrad):
    """A normalising layer is known by its class, not by the dimensions of its weight."""
    model = tapegrad.nn.Sequential(tapegrad.nn.Linear(3, 3), tapegrad.nn.LayerNorm((3, 3)))
    decayed, _ = tapegrad.finetune.param_groups(model, 0.05)

    assert names(model, decayed) == {"0.weight"}


def test_given_patterns(tapegrad):
    """Patterns take the place of the rule."""
    model = text_classifier(tapegrad)
    decayed, kept = tapegrad.finetune.param_groups(model, 0.1, no_decay=["embeddings", "*.norm1"])

    assert names(model, kept) == {"embeddings.weight", *(
        f"encoder.layers.{k}.norm1.{name}" for k in (0, 1) for name in ("weight", "bias"))}
    assert "classifier.bias" in names(model, decayed)


def test_shared_parameters_come_once(tapegrad):
    """A tied weight is in one group, the one without decay if a pattern fits any of its names."""
    nn = tapegrad.nn
    model = nn.ModuleDict({"table": nn.Embedding(4, 3), "out": nn.Linear(3, 4)})
    model["out"].weight = model["table"].weight
    by_rule = tapegrad.finetune.param_groups(model, 0.1)
    by_pattern = tapegrad.finetune.param_groups(model, 0.1, no_decay="out")

    assert [len(group["params"]) for group in by_rule] == [1, 1]
    assert [(len(g["params"]), g["weight_decay"]) for g in by_pattern] == [(2, 0.0)]


@pytest.mark.parametrize(("decay", "patterns"), [(-0.1, None), (0.1, "bbias")])
def test_mistakes_in_decay(tapegrad, decay, patterns):
    """Decay is not negative, and patterns fit."""
    with pytest.raises(ValueError):
        tapegrad.finetune.param_groups(perceptron(tapegrad), decay, patterns)


def test_decay_is_that_of_the_formula(tapegrad):
    """A step without gradient shrinks what decays and nothing else."""
    model = perceptron(tapegrad)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = tapegrad.optim.AdamW(tapegrad.finetune.param_groups(model, 0.5), lr=0.1)
    for parameter in model.parameters():
        parameter.grad = tapegrad.zeros_like(parameter)
    optimizer.step()

    for name, parameter in model.named_parameters():
        factor = 0.95 if name in {"0.weight", "3.weight", "5.weight"} else 1.0
        assert tapegrad.allclose(parameter, before[name] * factor)
