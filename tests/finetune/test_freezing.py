"""Freezing by patterns, and batch norms that keep their statistics."""

import pickle
from copy import deepcopy

import pytest

from .networks import convolutional, perceptron, trainable


@pytest.fixture
def model(tapegrad):
    return convolutional(tapegrad)


@pytest.mark.parametrize(("patterns", "expected"), [
    ("fc", {"fc.weight", "fc.bias"}),
    (["fc.bias"], {"fc.bias"}),
    ("layer2.1.bn*", {"layer2.1.bn1.weight", "layer2.1.bn1.bias"}),
    ("*.1.downsample.0", {f"layer{k}.1.downsample.0.{name}" for k in (1, 2)
                          for name in ("weight", "bias")}),
    ((), set()),
    (None, set()),
])
def test_patterns(tapegrad, model, patterns, expected):
    """A pattern fits parameters, and modules with all that lies in them."""
    assert tapegrad.finetune.freeze(model, except_=patterns) is model
    assert trainable(model) == expected


def test_unfreeze(tapegrad, model):
    """What is unfrozen comes to what is trained; without patterns all is."""
    finetune = tapegrad.finetune
    finetune.unfreeze(finetune.freeze(model), ["fc.weight"])
    first = trainable(model)

    assert first == {"fc.weight"}
    assert trainable(finetune.unfreeze(model)) == {name for name, _ in model.named_parameters()}


def test_a_name_is_no_prefix(tapegrad):
    """``"1"`` is the module 1, not 10."""
    model = tapegrad.nn.Sequential(*[tapegrad.nn.Linear(1, 1, bias=False) for _ in range(12)])

    assert trainable(tapegrad.finetune.freeze(model, "1")) == {"1.weight"}


@pytest.mark.parametrize("function", ["freeze", "unfreeze"])
def test_pattern_that_fits_nothing(tapegrad, model, function):
    """It is refused with names that resemble it, and nothing has changed."""
    with pytest.raises(ValueError, match=r"no parameter or module matches 'layer3.0'; near names: "
                                         r".*layer2\.0"):
        getattr(tapegrad.finetune, function)(model, ["fc", "layer3.0"])
    assert len(trainable(model)) == len(list(model.parameters()))


def test_pattern_that_is_no_string(tapegrad, model):
    """Patterns are strings."""
    with pytest.raises(TypeError, match="a pattern is a string, not Linear"):
        tapegrad.finetune.freeze(model, except_=[model.fc])


def test_excepted_by_one_of_its_names(tapegrad):
    """A shared parameter is spared under any of its names."""
    nn = tapegrad.nn
    model = nn.ModuleDict({"table": nn.Embedding(4, 3), "out": nn.Linear(3, 4)})
    model["out"].weight = model["table"].weight

    assert trainable(tapegrad.finetune.freeze(model, "out")) == {"table.weight", "out.bias"}


def statistics(model):
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def changed(model, before):
    return {name.rpartition(".")[0] for name, buffer in model.named_buffers()
            if (buffer != before[name]).any()}


def test_statistics_survive_train(tapegrad, model):
    """Frozen batch norms stay in evaluation mode whatever ``train()`` says."""
    tapegrad.finetune.freeze(model, "fc").train()
    before = statistics(model)
    model(tapegrad.rand(4, 3, 8, 8))

    assert changed(model, before) == set()
    assert model.training and not model.bn1.training


def test_statistics_of_what_is_trained_move(tapegrad, model):
    """A batch norm with a trained parameter goes with the model's mode."""
    tapegrad.finetune.freeze(model, ["fc", "layer2.1.bn1.bias"]).train()
    before = statistics(model)
    model(tapegrad.rand(4, 3, 8, 8))

    assert changed(model, before) == {"layer2.1.bn1"}


def test_statistics_can_move_in_frozen_layers(tapegrad, model):
    """Without ``batch_norm_eval`` the mode alone decides, as in PyTorch."""
    tapegrad.finetune.freeze(model, batch_norm_eval=False)

    assert all(module.training for module in model.modules())


def test_unfreezing_lets_statistics_move(tapegrad, model):
    """An unfrozen batch norm is in the model's mode again, others stay as they are."""
    finetune = tapegrad.finetune
    finetune.unfreeze(finetune.freeze(model), "layer2")

    assert model.layer2[0].bn1.training and not model.bn1.training
    assert not finetune.unfreeze(model.eval(), "bn1").bn1.training
    assert model.train().bn1.training


@pytest.mark.parametrize("copy", [deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_stay_frozen(tapegrad, copy):
    """Copies keep what is frozen, statistics included."""
    nn = tapegrad.nn
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    replica = copy(tapegrad.finetune.freeze(model, "3")).train()

    assert trainable(replica) == {"3.weight", "3.bias"} and not replica[1].training


def test_state_dict_is_unchanged(tapegrad):
    """Freezing adds nothing to the state."""
    plain, frozen = convolutional(tapegrad), tapegrad.finetune.freeze(convolutional(tapegrad))

    assert list(plain.state_dict()) == list(frozen.state_dict())
    assert repr(plain) == repr(frozen)


def test_layer_norm_is_trained_again(tapegrad):
    """Norms without statistics have no mode to keep."""
    model = tapegrad.finetune.freeze(perceptron(tapegrad))

    assert all(module.training for module in model.modules())
